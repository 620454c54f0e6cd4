/// A pattern for the paths of result files: `*` is any run of characters without a slash, `**` any
/// run at all, `?` one character that is no slash; all others stand for themselves.
///
/// A pattern without a slash is held against a path's last component; one with a slash against the
/// path as it is recorded (`results/out/plots/a.png`), and as the program wrote it
/// (`out/plots/a.png`, `plots/a.png`).
public struct PathPattern: Sendable {
  /// As many as the states of the matcher hold.
  public static let largestSize = 120

  private enum Element: Equatable {
    case byte(UInt8)
    case anyByte, anyInComponent, anything
  }

  public let text: String
  private let matcher: Matcher

  /// Nil for a text that is empty, longer than `largestSize` bytes or not printable ASCII.
  public init?(_ text: String) {
    guard (1...Self.largestSize).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f })
    else { return nil }
    self.text = text
    var elements: [Element] = []
    for byte in text.utf8 {
      let element: Element =
        switch byte {
        case UInt8(ascii: "?"): .anyByte
        case UInt8(ascii: "*"): .anyInComponent
        default: .byte(byte)
        }
      // Two stars in a row are one of the other kind, and no more than that.
      if element == .anyInComponent, elements.last == .anyInComponent || elements.last == .anything
      {
        elements[elements.count - 1] = .anything
      } else {
        elements.append(element)
      }
    }
    matcher = Matcher(elements)
  }

  /// - Parameter path: As it is recorded, below `data/`.
  /// - Complexity: O(bytes of the path), whatever the pattern.
  public func matches(_ path: String) -> Bool {
    guard text.utf8.contains(slash) else {
      let last = path.utf8.split(separator: slash).last ?? Substring().utf8
      return matcher.accepts(last, from: [0])
    }
    let folders = ["", "results/", "results/out/", "results/work/"]
    return matcher.accepts(
      path.utf8[...], from: folders.filter { path.hasPrefix($0) }.map { $0.utf8.count })
  }

  /// Follows all ways through a pattern at once; bit i of a state stands for "the first i elements
  /// are matched".
  private struct Matcher: Sendable {
    private let count: Int
    /// Of each byte of ASCII, the elements that are this byte.
    private var exact = [UInt128](repeating: 0, count: 128)
    private var anyByte: UInt128 = 0
    private var inComponent: UInt128 = 0
    private var anything: UInt128 = 0

    init(_ elements: [Element]) {
      count = elements.count
      for (index, element) in elements.enumerated() {
        let bit: UInt128 = 1 << UInt128(index)
        switch element {
        case .byte(let byte): exact[Int(byte)] |= bit
        case .anyByte: anyByte |= bit
        case .anyInComponent: inComponent |= bit
        case .anything: anything |= bit
        }
      }
    }

    /// Whether the bytes from one of these places on match; the places rise.
    func accepts(_ bytes: Substring.UTF8View, from starts: [Int]) -> Bool {
      // A star may stand for nothing; no two of them stand in a row.
      func closed(_ states: UInt128) -> UInt128 {
        states | (states & (inComponent | anything)) << 1
      }
      var starts = starts[...]
      var states: UInt128 = 0
      for (place, byte) in bytes.enumerated() {
        if starts.first == place {
          starts = starts.dropFirst()
          states |= closed(1)
        }
        if states == 0 && starts.isEmpty { return false }
        let isSlash = byte == slash
        let own = byte < 128 ? exact[Int(byte)] : 0
        let stays = states & (isSlash ? anything : anything | inComponent)
        let steps = states & (isSlash ? own : own | anyByte)
        states = closed(stays | steps << 1)
      }
      return states & 1 << UInt128(count) != 0
    }
  }
}

private let slash = UInt8(ascii: "/")

extension PathPattern: Hashable {
  public static func == (a: PathPattern, b: PathPattern) -> Bool { a.text == b.text }
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension PathPattern: Comparable {
  /// The longer one first, as it says more; of one length as bytes sort.
  public static func < (a: PathPattern, b: PathPattern) -> Bool {
    (b.text.utf8.count, a.text) < (a.text.utf8.count, b.text)
  }
}
