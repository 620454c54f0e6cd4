/// A pattern for the paths of result files: `*` is any number of characters without a slash, `**`
/// is any number of characters, `?` is one character other than a slash. All other characters stand
/// for themselves.
///
/// A pattern without a slash is compared with a path's last component. A pattern with a slash is
/// compared with the path in the record (`results/out/plots/a.png`) and with the path as the
/// program wrote it (`out/plots/a.png`, `plots/a.png`).
public struct PathPattern: Sendable {
  /// As many bytes as the matcher has states for.
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
      // Two or more stars in a row are one element of the other kind.
      if element == .anyInComponent, elements.last == .anyInComponent || elements.last == .anything
      {
        elements[elements.count - 1] = .anything
      } else {
        elements.append(element)
      }
    }
    matcher = Matcher(elements)
  }

  /// - Parameter path: The path in the record, below `data/`.
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

  /// Follows all ways through a pattern at once. Bit i of a state means "the first i elements are
  /// matched".
  private struct Matcher: Sendable {
    private let count: Int
    /// For each ASCII byte, the elements that are this byte.
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

    /// Whether the bytes from one of these places to the end match. The places ascend.
    func accepts(_ bytes: Substring.UTF8View, from starts: [Int]) -> Bool {
      // A star may match nothing. No two stars stand in a row.
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
  /// The longer pattern first, as it says more. Equal lengths sort by bytes.
  public static func < (a: PathPattern, b: PathPattern) -> Bool {
    (b.text.utf8.count, a.text) < (a.text.utf8.count, b.text)
  }
}
