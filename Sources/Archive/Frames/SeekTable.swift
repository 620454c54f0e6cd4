/// The last frame of a bundle: the seek table of the zstd Seekable Format (zstd's
/// contrib/seekable_format). It has no checksums, since the frames have their own. It has an entry
/// for each frame before it, including the seal's.
package struct SeekTable: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    /// Bytes of the frame in the file.
    package var compressed: Int
    /// Bytes it unpacks to; 0 for the seal.
    package var content: Int

    package init(compressed: Int, content: Int) {
      self.compressed = compressed
      self.content = content
    }
  }

  package static let frameMagic: UInt32 = 0x184d_2a5e
  private static let footerMagic: UInt32 = 0x8f92_eab1
  package static let footerSize = 9

  package var entries: [Entry]

  /// Bytes of a table of `count` entries.
  package static func size(count: Int) -> Int { 8 + 8 * count + footerSize }

  /// The whole skippable frame.
  package var bytes: [UInt8] {
    var bytes = Self.frameMagic.littleEndianBytes
    bytes += UInt32(Self.size(count: entries.count) - 8).littleEndianBytes
    for entry in entries {
      bytes += UInt32(entry.compressed).littleEndianBytes
      bytes += UInt32(entry.content).littleEndianBytes
    }
    bytes += UInt32(entries.count).littleEndianBytes
    bytes.append(0)
    bytes += Self.footerMagic.littleEndianBytes
    return bytes
  }

  package init(entries: [Entry]) { self.entries = entries }

  /// The number of entries that the last `footerSize` bytes of a file state; nil if they are no
  /// footer.
  package static func count(footer: [UInt8]) -> Int? {
    guard UInt32(littleEndian: footer, at: 5) == footerMagic, footer[4] == 0 else { return nil }
    return Int(clamping: UInt32(littleEndian: footer, at: 0))
  }

  /// Reads a whole frame; nil for bytes that `bytes` would not write.
  package init?(bytes: [UInt8]) {
    let count = (bytes.count - 8 - Self.footerSize) / 8
    guard count >= 0, bytes.count == Self.size(count: count) else { return nil }
    entries = (0..<count).map { index in
      Entry(
        compressed: Int(clamping: UInt32(littleEndian: bytes, at: 8 + 8 * index)),
        content: Int(clamping: UInt32(littleEndian: bytes, at: 12 + 8 * index)))
    }
    guard UInt32(littleEndian: bytes, at: 0) == Self.frameMagic,
      Int(clamping: UInt32(littleEndian: bytes, at: 4)) == bytes.count - 8,
      Self.count(footer: Array(bytes.suffix(Self.footerSize))) == count
    else { return nil }
  }
}
