/// Receives what a `TarReader` reports of the members, in order.
package protocol TarVisitor: AnyObject {
  func begin(_ header: TarHeader) throws(BundleError)
  /// A part of the content of the member last begun.
  func content(_ part: ArraySlice<UInt8>) throws(BundleError)
  func end() throws(BundleError)
}

/// A strict reader of a bundle's tar form. The stream is fed to it in parts of any length.
package struct TarReader: ~Copyable {
  private enum State {
    case header
    case content(Int)
    case padding(Int)
    case secondEndBlock, end
  }
  private var state = State.header
  /// The beginning of a block whose rest has not come yet.
  private var partial: [UInt8] = []
  private var currentName = ""
  /// How many members have begun.
  package private(set) var count = 0

  /// Whether the next byte is the first of a header or of the end mark.
  package var isBetweenMembers: Bool {
    if case .header = state { partial.isEmpty } else { false }
  }

  /// Reads the next part of the stream.
  package mutating func feed(_ part: [UInt8], to visitor: some TarVisitor) throws(BundleError) {
    var rest = part[...]
    while !rest.isEmpty {
      switch state {
      case .header:
        guard let block = takeBlock(from: &rest) else { return }
        if block.allSatisfy({ $0 == 0 }) {
          state = .secondEndBlock
        } else {
          let header = try TarHeader(block, isFirst: count == 0)
          count += 1
          currentName = header.name
          try visitor.begin(header)
          state = .content(header.size)
          if header.size == 0 { try endContent(of: header.size, visitor) }
        }
      case .content(let left):
        let part = rest.prefix(left)
        rest = rest.dropFirst(part.count)
        try visitor.content(part)
        consumed += part.count
        state = .content(left - part.count)
        if left == part.count { try endContent(of: consumed, visitor) }
      case .padding(let left):
        let part = rest.prefix(left)
        rest = rest.dropFirst(part.count)
        guard part.allSatisfy({ $0 == 0 }) else {
          throw .damaged(.padding, member: currentName, detail: "its padding is not zero")
        }
        state = left == part.count ? .header : .padding(left - part.count)
      case .secondEndBlock:
        guard let block = takeBlock(from: &rest) else { return }
        guard block.allSatisfy({ $0 == 0 }) else {
          throw .damaged(.tarEnd, "one zero block is not the end of a tar archive")
        }
        state = .end
      case .end:
        throw .damaged(.tarEnd, "there is more after the two zero blocks at the end")
      }
    }
  }

  /// Ends the stream. Throws if it did not end in two zero blocks.
  package func finish() throws(BundleError) {
    guard case .end = state else {
      throw .damaged(.tarEnd, "the tar archive does not end in two zero blocks")
    }
  }

  package init() {}

  /// Bytes of the current member's content that have been read.
  private var consumed = 0

  private mutating func endContent(of size: Int, _ visitor: some TarVisitor) throws(BundleError) {
    try visitor.end()
    consumed = 0
    let padding = TarHeader.padded(size) - size
    state = padding == 0 ? .header : .padding(padding)
  }

  private mutating func takeBlock(from rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    let part = rest.prefix(TarHeader.blockSize - partial.count)
    partial += part
    rest = rest.dropFirst(part.count)
    guard partial.count == TarHeader.blockSize else { return nil }
    defer { partial = [] }
    return partial
  }
}
