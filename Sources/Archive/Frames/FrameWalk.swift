/// Walks the frames of a file from its start. It says what is wrong with a file that does not end
/// as a bundle does.
struct FrameWalk<File: BundleBytes> {
  let file: File
  let limits: BundleLimits

  /// The most bytes of a block, in the file and unpacked (RFC 8878 §3.1.1.2.4).
  private static var largestBlock: Int { 128 << 10 }

  /// The first fault.
  func diagnosis() throws(BundleError) -> BundleError {
    var entries: [SeekTable.Entry] = []
    var offset = 0
    var hasSeal = false
    var steps = 0
    while offset < file.size {
      let left = file.size - offset
      if hasSeal, let error = try tableError(at: offset, entries: entries) { return error }
      let head = try file.read(at: offset, count: min(left, FrameHeader.maximumSize))
      guard head.count >= 8 else {
        return .damaged(.truncated, "the file ends in a frame header")
      }
      let magic = UInt32(littleEndian: head, at: 0)
      if magic == FrameHeader.magic {
        if hasSeal { return .damaged(.extraFrame, "a frame lies after the seal") }
        let entry = try walkFrame(at: offset, head: head, steps: &steps)
        entries.append(entry)
        offset += entry.compressed
        continue
      }
      guard magic & ~15 == FrameHeader.skippableMagic else {
        return hasSeal
          ? .damaged(.trailingData, "there is more after the seal")
          : .damaged(.frameHeader, "no frame begins where one should")
      }
      let size = Int(clamping: 8 + UInt64(UInt32(littleEndian: head, at: 4)))
      guard size <= left else { return .damaged(.truncated, "the file ends in a skippable frame") }
      guard !hasSeal, magic == Seal.frameMagic, size == Seal.size else {
        return .damaged(.extraFrame, "a skippable frame that is neither seal nor seek table")
      }
      guard Seal.digest(in: try file.read(at: offset, count: size)) != nil else {
        return .damaged(.seal, "the seal is not one")
      }
      hasSeal = true
      offset += size
    }
    return .damaged(.truncated, "the file ends without \(hasSeal ? "a seek table" : "a seal")")
  }

  /// What is wrong with the bytes after the seal; nil if they begin another frame.
  private func tableError(
    at offset: Int, entries: [SeekTable.Entry]
  ) throws(BundleError) -> BundleError? {
    let left = file.size - offset
    let seal = SeekTable.Entry(compressed: Seal.size, content: 0)
    let expected = SeekTable(entries: entries + [seal]).bytes
    let found = try file.read(at: offset, count: min(left, expected.count))
    if found.elementsEqual(expected.prefix(found.count)) {
      return left < expected.count
        ? .damaged(.truncated, "the file ends in its seek table")
        : .damaged(.trailingData, "there is more after the seek table")
    }
    guard left >= 8 else { return .damaged(.trailingData, "there is more after the seal") }
    guard UInt32(littleEndian: found, at: 0) == SeekTable.frameMagic else { return nil }
    return .damaged(.seekTable, "the seek table is not that of the frames before it")
  }

  /// Reads the headers of a frame and of its blocks (RFC 8878 §3.1.1.2).
  private func walkFrame(
    at start: Int, head: [UInt8], steps: inout Int
  ) throws(BundleError) -> SeekTable.Entry {
    let header = try FrameHeader(head)
    guard header.contentSize > 0 else {
      throw .damaged(.extraFrame, "a frame that unpacks to 0 bytes")
    }
    guard header.contentSize <= limits.frameContent else {
      throw .damaged(.size, "a frame that unpacks to \(header.contentSize) bytes")
    }
    var offset = start + header.size
    var isLast = false
    while !isLast {
      steps += 1
      guard steps <= limits.frames else { throw .damaged(.count, "too many frames or blocks") }
      guard offset + 3 <= file.size else { throw .damaged(.truncated, "the file ends in a frame") }
      let bytes = try file.read(at: offset, count: 3)
      let block = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
      isLast = block & 1 != 0
      let size = block >> 3
      guard size <= Self.largestBlock else {
        throw .damaged(.frameHeader, "a block of \(size) bytes")
      }
      switch block >> 1 & 3 {
      case 0, 2: offset += 3 + size
      case 1: offset += 4
      default: throw .damaged(.frameHeader, "a block of a type that does not exist")
      }
    }
    // If the checksum is missing, the file later ends without a seal.
    offset += 4
    guard offset - start <= limits.frameInFile else {
      throw .damaged(.size, "a frame of more than \(limits.frameInFile) bytes in the file")
    }
    return SeekTable.Entry(compressed: offset - start, content: header.contentSize)
  }
}
