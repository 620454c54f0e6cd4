/// The header of a zstd frame in the form that a bundle allows (RFC 8878 §3.1.1.1): with checksum
/// and content size, without a dictionary, and with a window of at most 2^23 bytes.
package struct FrameHeader: Sendable, Hashable {
  package static let magic: UInt32 = 0xfd2f_b528
  /// Skippable frames have this magic in their upper 28 bits.
  package static let skippableMagic: UInt32 = 0x184d_2a50
  package static let windowLogMax = 23
  /// Bytes of the longest header.
  package static let maximumSize = 18
  /// Bytes of the shortest frame: header, one empty block and checksum.
  package static let minimumFrame = 13

  /// Bytes of the header.
  package var size: Int
  package var contentSize: Int

  /// Reads the header at the start of `bytes`. They must be `maximumSize` bytes, or fewer if the
  /// file ends earlier.
  package init(_ bytes: [UInt8]) throws(BundleError) {
    guard bytes.count >= 6 else { throw .damaged(.truncated, "the file ends in a frame header") }
    guard UInt32(littleEndian: bytes, at: 0) == Self.magic else {
      throw .damaged(.frameHeader, "no frame begins where one should")
    }
    let descriptor = bytes[4]
    guard descriptor & 0b0001_1000 == 0 else {
      throw .damaged(.frameHeader, "reserved bits of a frame are set")
    }
    guard descriptor & 0b11 == 0 else { throw .damaged(.frameHeader, "a frame names a dictionary") }
    guard descriptor & 0b100 != 0 else { throw .damaged(.noChecksum, "a frame has no checksum") }
    let isSingleSegment = descriptor & 0b10_0000 != 0
    let sizeFlag = Int(descriptor >> 6)
    guard isSingleSegment || sizeFlag != 0 else {
      throw .damaged(.size, "a frame does not say how much it holds")
    }
    var position = 5
    if !isSingleSegment {
      let base = UInt64(1) << (10 + bytes[5] >> 3)
      let window = base + base / 8 * UInt64(bytes[5] & 7)
      guard window <= 1 << Self.windowLogMax else {
        throw .damaged(.window, "a frame needs a window of \(window) bytes")
      }
      position = 6
    }
    let width = [1, 2, 4, 8][sizeFlag]
    size = position + width
    guard bytes.count >= size else { throw .damaged(.truncated, "the file ends in a frame header") }
    var value: UInt64 = sizeFlag == 1 ? 256 : 0
    for index in 0..<width { value += UInt64(bytes[position + index]) << (8 * UInt64(index)) }
    guard let contentSize = Int(exactly: value) else {
      throw .damaged(.size, "a frame says that it holds \(value) bytes")
    }
    self.contentSize = contentSize
  }
}

extension UInt32 {
  /// The four bytes at `offset`, least significant first.
  package init(littleEndian bytes: [UInt8], at offset: Int) {
    self = 0
    for index in 0..<4 { self |= UInt32(bytes[offset + index]) << (8 * UInt32(index)) }
  }

  package var littleEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) }
  }
}
