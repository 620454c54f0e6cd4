package import Digests

/// The bytes of a bundle's file, from any source.
package protocol BundleBytes: Sendable {
  var size: Int { get }

  /// The `count` bytes at `offset`, which lie within `size`.
  func read(at offset: Int, count: Int) throws(BundleError) -> [UInt8]
}

/// Decompresses frames, one at a time.
package protocol FrameUnpacker {
  /// The content of a frame, which must be the whole of `frame` and hold exactly `contentSize`
  /// bytes.
  func decompress(_ frame: [UInt8], contentSize: Int) throws(BundleError) -> [UInt8]
}

/// A frame of a bundle.
package struct Frame: Sendable, Hashable {
  /// Where it begins in the file, and how many bytes it has there.
  package var offset: Int
  package var compressed: Int
  /// Bytes that it unpacks to.
  package var content: Int
}

/// The frames of a bundle's file, found by its seek table; nothing is decompressed to find them.
package struct FrameStore<File: BundleBytes>: Sendable {
  package let file: File
  package let limits: BundleLimits
  /// The frames that hold content, in order; at least one.
  package let frames: [Frame]
  /// The digest that the seal records. Whoever reads the whole file checks it.
  package let seal: Digest
  /// Bytes of the file that the seal covers.
  package var sealedBytes: Int { frames.last.map { $0.offset + $0.compressed }! }

  /// Checks the outer form of a file: magic, seal and seek table, and the limits.
  package init(_ file: File, limits: BundleLimits) throws(BundleError) {
    self.file = file
    self.limits = limits
    let smallest = FrameHeader.minimumFrame + Seal.size + SeekTable.size(count: 2)
    guard file.size >= smallest else {
      throw .damaged(.tooShort, "\(file.size) bytes are fewer than any bundle has")
    }
    let magic = UInt32(littleEndian: try file.read(at: 0, count: 4), at: 0)
    guard Seal.digest(in: try file.read(at: 0, count: Seal.size)) == nil else {
      throw .damaged(.noFrame, "no frame lies before the seal")
    }
    guard magic & ~15 != FrameHeader.skippableMagic else {
      throw .damaged(.extraFrame, "the file begins with a skippable frame")
    }
    guard magic == FrameHeader.magic else {
      throw .damaged(.notZstd, "the file does not begin with a zstd frame")
    }
    guard let (frames, seal) = try Self.layout(of: file, limits: limits) else {
      throw try FrameWalk(file: file, limits: limits).diagnosis()
    }
    self.frames = frames
    self.seal = seal
    for frame in frames where !(1...limits.frameContent).contains(frame.content) {
      throw .damaged(
        frame.content == 0 ? .extraFrame : .size, "a frame that unpacks to \(frame.content) bytes")
    }
    for frame in frames where frame.compressed > limits.frameInFile {
      throw .damaged(.size, "a frame of \(frame.compressed) bytes in the file")
    }
    for frame in frames where frame.content % TarHeader.blockSize != 0 {
      throw .damaged(.size, "a frame does not hold whole tar blocks")
    }
    let total = frames.reduce(Int64(0)) { $0 + Int64($1.content) }
    guard total <= limits.totalContent else {
      throw .damaged(.size, "it unpacks to \(total) bytes, more than \(limits.totalContent)")
    }
    guard total - Int64(limits.ratioAllowance) <= Int64(limits.ratio) * Int64(file.size) else {
      throw .damaged(.ratio, "\(file.size) bytes would unpack to \(total)")
    }
    // For programs whose integers have 32 bits, as in a browser.
    guard total <= Int64(Int.max) else {
      throw .unsupported(detail: "it unpacks to \(total) bytes, too many for this program")
    }
  }

  /// Frames and seal by the seek table; nil if the end of the file does not have the form.
  private static func layout(
    of file: File, limits: BundleLimits
  ) throws(BundleError) -> (frames: [Frame], seal: Digest)? {
    let footerOffset = file.size - SeekTable.footerSize
    let footer = try file.read(at: footerOffset, count: SeekTable.footerSize)
    guard let count = SeekTable.count(footer: footer), count >= 2 else { return nil }
    guard count - 1 <= limits.frames else {
      throw .damaged(.count, "more than \(limits.frames) frames")
    }
    let tableSize = SeekTable.size(count: count)
    guard tableSize + Seal.size < file.size,
      let table = SeekTable(bytes: try file.read(at: file.size - tableSize, count: tableSize)),
      table.entries.last == SeekTable.Entry(compressed: Seal.size, content: 0)
    else { return nil }
    var frames: [Frame] = []
    frames.reserveCapacity(count - 1)
    var offset = 0
    for entry in table.entries.dropLast() {
      guard entry.compressed >= FrameHeader.minimumFrame else { return nil }
      frames.append(Frame(offset: offset, compressed: entry.compressed, content: entry.content))
      guard entry.compressed <= file.size - offset else { return nil }
      offset += entry.compressed
    }
    guard offset + Seal.size + tableSize == file.size,
      let seal = Seal.digest(in: try file.read(at: offset, count: Seal.size))
    else { return nil }
    return (frames, seal)
  }

  // MARK: Reading frames

  /// The bytes of a frame as they lie in the file.
  package func compressed(_ frame: Frame) throws(BundleError) -> [UInt8] {
    try file.read(at: frame.offset, count: frame.compressed)
  }

  /// What a frame holds.
  package func content(
    _ frame: Frame, compressed bytes: [UInt8], _ unpacker: some FrameUnpacker
  ) throws(BundleError) -> [UInt8] {
    try checkHeader(of: frame, bytes)
    return try unpacker.decompress(bytes, contentSize: frame.content)
  }

  /// Checks that a frame gives the same content size as the seek table. `bytes` is the beginning of
  /// the frame.
  package func checkHeader(of frame: Frame, _ bytes: [UInt8]) throws(BundleError) {
    let header = try FrameHeader(Array(bytes.prefix(FrameHeader.maximumSize)))
    guard header.contentSize == frame.content else {
      throw .damaged(
        .size,
        "a frame says that it holds \(header.contentSize) bytes, the seek table \(frame.content)")
    }
  }
}
