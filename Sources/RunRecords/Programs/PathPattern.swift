/// A pattern for the paths of result files: `*` is any run of characters without a slash, `**` any
/// run at all, `?` one character that is no slash; all others stand for themselves.
///
/// A pattern without a slash is held against a path's last component; one with a slash against the
/// path as it is recorded (`results/out/plots/a.png`), and as the program wrote it
/// (`out/plots/a.png`, `plots/a.png`).
public struct PathPattern: Sendable, Hashable {
  /// As many as the states of the matcher hold.
  public static let largestSize = 120

  private enum Element: Hashable {
    case byte(UInt8)
    case anyByte, anyInComponent, anything
  }

  public let text: String
  private let elements: [Element]

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
    self.elements = elements
  }

  /// - Parameter path: As it is recorded, below `data/`.
  /// - Complexity: O(bytes of both), whatever they are.
  public func matches(_ path: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: "/")) else {
      return accepts(path.utf8.split(separator: UInt8(ascii: "/")).last ?? Substring().utf8)
    }
    return ["", "results/", "results/out/", "results/work/"].contains {
      path.hasPrefix($0) && accepts(path.utf8.dropFirst($0.utf8.count))
    }
  }

  /// Follows all ways through the pattern at once; bit i stands for "the first i elements are
  /// matched".
  private func accepts(_ bytes: Substring.UTF8View) -> Bool {
    let slash = UInt8(ascii: "/")
    func bits(_ isIn: (Element) -> Bool) -> UInt128 {
      elements.indices.reduce(0) { isIn(elements[$1]) ? $0 | 1 << UInt128($1) : $0 }
    }
    let (inComponent, anything) = (bits { $0 == .anyInComponent }, bits { $0 == .anything })
    let anyByte = bits { $0 == .anyByte }
    // A star may stand for nothing; no two of them stand in a row.
    func closed(_ states: UInt128) -> UInt128 {
      states | (states & (inComponent | anything)) << 1
    }
    var exact: [UInt8: UInt128] = [:]
    var states = closed(1)
    for byte in bytes {
      let own = exact[byte] ?? bits { $0 == .byte(byte) }
      exact[byte] = own
      let isSlash = byte == slash
      let stays = states & (isSlash ? anything : anything | inComponent)
      let steps = states & (isSlash ? own : own | anyByte)
      states = closed(stays | steps << 1)
      if states == 0 { return false }
    }
    return states & 1 << UInt128(elements.count) != 0
  }
}

extension PathPattern: Comparable {
  /// The longer one first, as it says more; of one length as bytes sort.
  public static func < (a: PathPattern, b: PathPattern) -> Bool {
    (b.text.utf8.count, a.text) < (a.text.utf8.count, b.text)
  }
}
