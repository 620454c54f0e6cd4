public import Digests

/// The list of a program's inputs, `inputs-sha256.txt`, in the format of `sha256sum -c`, sorted by
/// the bytes of the paths.
///
/// A line is the digest, two spaces and the path. For an executable file, a space and an asterisk
/// replace the two spaces; sha256sum treats both alike.
public struct InputList: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public var path: String
    public var digest: Digest
    public var isExecutable: Bool

    public init(path: String, digest: Digest, isExecutable: Bool) {
      self.path = path
      self.digest = digest
      self.isExecutable = isExecutable
    }
  }

  public static let largestSize = 24 << 20

  /// Sorted by the bytes of their paths.
  public let entries: [Entry]

  /// Sorts the entries.
  ///
  /// - Throws: `RecordError.program` for a name that cannot be sealed, for two names that cannot
  ///   lie side by side, and for a list that is too long.
  public init(_ entries: [Entry]) throws(RecordError) {
    for entry in entries {
      if let fault = SealedName.fault(in: entry.path) {
        throw Self.refusal(entry.path, "\(fault), so it cannot be sealed")
      }
    }
    if let (a, b) = SealedName.foldedDuplicates(entries.map { $0.path }).first {
      throw Self.refusal(b, "it cannot be sealed beside \(a)")
    }
    let size = entries.reduce(0) { $0 + 67 + $1.path.utf8.count }
    guard size <= Self.largestSize else {
      throw Self.refusal("", "\(entries.count) inputs are too many for one list")
    }
    self.entries = entries.sorted { $0.path < $1.path }
  }

  private static func refusal(_ path: String, _ reason: String) -> RecordError {
    .program(file: "inputs", key: path, reason: reason)
  }

  /// The content of the file.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes += entry.digest.hex.utf8
      bytes += (entry.isExecutable ? " *" : "  ").utf8
      bytes += entry.path.utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  public var digest: Digest { Digest(of: bytes) }

  /// Reads what `bytes` could have written, and nothing else.
  public init(bytes: [UInt8], file: String = "inputs-sha256.txt") throws(RecordError) {
    guard bytes.count <= Self.largestSize else {
      throw .trace(file: file, line: 1, reason: "a list has at most \(Self.largestSize) bytes")
    }
    var entries: [Entry] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      guard let entry = Entry(line: rest[..<end]) else {
        throw .trace(
          file: file, line: entries.count + 1, reason: "it is not a digest and the name of a file")
      }
      entries.append(entry)
      rest = rest[(end + 1)...]
    }
    try self.init(entries)
    guard self.bytes == bytes else {
      throw .trace(file: file, line: 1, reason: "its lines are not sorted, or the last has no end")
    }
  }
}

extension InputList.Entry {
  fileprivate init?(line: ArraySlice<UInt8>) {
    let mark = line.dropFirst(64).prefix(2)
    let path = line.dropFirst(66)
    guard let digest = Digest(hex: String(decoding: line.prefix(64), as: UTF8.self)),
      mark.elementsEqual("  ".utf8) || mark.elementsEqual(" *".utf8),
      path.allSatisfy({ $0 >= 0x20 && $0 < 0x7f })
    else { return nil }
    self.init(
      path: String(decoding: path, as: UTF8.self), digest: digest,
      isExecutable: mark.last == UInt8(ascii: "*"))
  }
}
