import RunRecords

/// A list of digests in the form of sha256sum: "<64 hexadecimal digits>  <path>" a line.
struct Manifest: Sendable, Hashable {
  struct Entry: Sendable, Hashable {
    var digest: Digest
    var path: String
  }
  var entries: [Entry]

  init(_ entries: [Entry] = []) { self.entries = entries }

  var bytes: [UInt8] {
    Array(entries.map { "\($0.digest)  \($0.path)\n" }.joined().utf8)
  }

  /// Reads what `bytes` could have given for paths of printable ASCII without spaces; nil for anything else.
  init?(bytes: [UInt8]) {
    guard bytes.isEmpty || bytes.last == UInt8(ascii: "\n") else { return nil }
    entries = []
    for line in bytes.dropLast().split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    where !bytes.isEmpty {
      let path = line.dropFirst(66)
      guard !path.isEmpty, path.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
        line.dropFirst(64).prefix(2).elementsEqual("  ".utf8),
        let digest = Digest(hex: String(decoding: line.prefix(64), as: UTF8.self))
      else { return nil }
      entries.append(Entry(digest: digest, path: String(decoding: path, as: UTF8.self)))
    }
  }
}
