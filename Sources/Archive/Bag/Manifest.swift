package import Digests

/// A list of digests in the form of sha256sum: a line "<64 hexadecimal digits>  <path>" for each
/// path, each path once.
package struct Manifest: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    package var digest: Digest
    package var path: String

    package init(digest: Digest, path: String) {
      self.digest = digest
      self.path = path
    }
  }
  package var entries: [Entry]

  package init(_ entries: [Entry] = []) { self.entries = entries }

  package var bytes: [UInt8] {
    Array(entries.map { "\($0.digest)  \($0.path)\n" }.joined().utf8)
  }

  /// Reads what `bytes` could have written for paths of printable ASCII, each of them once; nil for
  /// anything else.
  package init?(bytes: [UInt8]) {
    guard bytes.isEmpty || bytes.last == UInt8(ascii: "\n") else { return nil }
    entries = []
    var paths: Set<String> = []
    for line in bytes.dropLast().split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    where !bytes.isEmpty {
      let path = line.dropFirst(66)
      guard !path.isEmpty, path.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }),
        line.dropFirst(64).prefix(2).elementsEqual("  ".utf8),
        let digest = Digest(hex: String(decoding: line.prefix(64), as: UTF8.self))
      else { return nil }
      let entry = Entry(digest: digest, path: String(decoding: path, as: UTF8.self))
      guard paths.insert(entry.path).inserted else { return nil }
      entries.append(entry)
    }
  }

  /// The digests by their paths.
  package var digests: [String: Digest] {
    Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0.digest) })
  }
}
