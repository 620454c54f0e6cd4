import Digests
import Foundation
import RunRecords
import Testing

@testable import Archive
@testable import ArchiveFiles
@testable import Bundles

/// Files whose zstd frames, seal or seek table no bundle can have.
@Suite struct HostileFrameTests {
  private static let forge = try! BundleForge(SampleRun(rows: 2))
  private static let good = forge.bytes
  /// The frames of `good`; the last two are the seal and the seek table.
  private static let frames: [[UInt8]] = {
    let directory = TemporaryDirectory()
    let store = try! BundleFrames(path: directory.write(good, to: "b"), limits: BundleLimits())
    let ends = store.frames.map { $0.offset + $0.compressed } + [store.sealedBytes + Seal.size]
    var start = 0
    return (ends + [good.count]).map { end in
      defer { start = end }
      return Array(good[start..<end])
    }
  }()
  private static let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]

  /// A frame with this header and one raw block of 512 zeros; its checksum is wrong.
  private static func frame(_ header: [UInt8]) -> [UInt8] {
    [0x28, 0xb5, 0x2f, 0xfd] + header + [0x01, 0x10, 0x00] + Array(repeating: 0, count: 512 + 4)
  }

  /// A sealed file with this frame before the good ones.
  private static func file(_ frame: [UInt8], content: Int = 512) -> [UInt8] {
    BundleForge.bundle(frames: [(frame, content), (frames[0], 7680)])
  }

  @Test func theForgedBundleIsSound() {
    #expect(BundleForge.error(Self.good) == nil)
  }

  @Test func aFileOfOtherFramesIsRefused() {
    let cases: [([UInt8], BundleError.Reason)] = [
      ([], .tooShort), (Array(repeating: 0x28, count: 93), .tooShort),
      (Array(repeating: 0x28, count: 94), .notZstd),
      (Self.forge.entries.flatMap { $0 } + BundleForge.end, .notZstd),
      ([0x1f, 0x8b, 8, 0] + Array(repeating: 0, count: 200), .notZstd),
      (FrameCompressor(level: 3).compress(Self.good), .truncated),
      (BundleForge.bundle(contents: [BundleForge.padded(Self.good)]), .notTar),
      (Self.skippable + Self.good, .extraFrame), (Self.good + Self.skippable, .trailingData),
      (Self.good + [0], .trailingData),
      (Self.good + Self.good, .trailingData),
      (Self.frames[0] + Self.skippable + Self.frames[1...].joined(), .extraFrame),
      (Self.frames.dropLast().joined() + Self.skippable + Self.frames.last!, .extraFrame),
      (Self.frames.dropLast(2).joined() + Self.frames.last!, .extraFrame),
      (Array(Self.frames.dropLast().joined()), .truncated),
      (Array(Self.frames.dropLast(2).joined()), .truncated),
      (
        Self.frames.dropLast(2).joined() + Self.frames[0] + Self.frames.suffix(2).joined(),
        .seekTable
      ),
      (Self.frames.dropLast().joined() + Self.frames[0] + Self.frames.last!, .extraFrame),
      (Self.frames.dropFirst().joined() + [], .seekTable),
      (Seal.bytes(Digest(of: [])) + Self.frames.last!, .noFrame),
      // A frame of nothing, and one of 1 GiB, that the seek table does not list.
      (
        Self.frames[0] + FrameCompressor(level: 3).compress([])
          + Self.frames[1...].joined(), .extraFrame
      ),
      (Self.frames[0] + Self.frame([0xa4, 0, 0, 0, 0x40]) + Self.frames[1...].joined(), .size),
      (Self.frames.dropLast().joined() + [1, 2, 3], .trailingData),
      // Bytes that are not a frame, between frames and after the seal; two seals; a skippable frame
      // that looks like a seal.
      (Self.frames[0] + Array(1...20) + Self.frames[1...].joined(), .frameHeader),
      (Self.frames.dropLast().joined() + Array(1...20), .trailingData),
      (Self.frames.dropLast().joined() + Array(Self.frames.suffix(2).joined()), .extraFrame),
      (
        Self.frames.dropLast(2).joined() + [0x51] + Self.frames.suffix(2).joined().dropFirst(),
        .extraFrame
      ),
      (
        BundleForge.bundle(frames: [(Self.frames[0], 7680), ([], 512), (Self.frames[1], 512)]),
        .seekTable
      ),
    ]
    for (index, (file, reason)) in cases.enumerated() {
      let error = BundleForge.error(file)
      #expect(error?.reason == reason, "\(index): \(String(describing: error))")
    }
  }

  @Test func aFrameHeaderIsRefusedForItsReason() {
    let cases: [([UInt8], Int, BundleError.Reason)] = [
      // The descriptor, then window and content size. 0x64: single segment, two bytes of size,
      // checksum.
      ([0x60, 0x00, 0x01], 512, .noChecksum), ([0x65, 0x07, 0x00, 0x01], 512, .frameHeader),
      // A dictionary's field with value 0; the reserved bit and the unused bit.
      ([0x65, 0x00, 0x00, 0x01], 512, .frameHeader),
      ([0x6c, 0x00, 0x01], 512, .frameHeader), ([0x74, 0x00, 0x01], 512, .frameHeader),
      ([0x04, 0x00], 512, .size), ([0x64, 0x01, 0x01], 512, .size),
      ([0xe4, 0, 0, 0, 0, 0, 0, 0, 0x80], 512, .size),
      ([0xe4, 0, 0, 0, 0, 0, 0, 0, 0x40], 512, .size),
      ([0x44, 14 << 3, 0x00, 0x01], 512, .window), ([0x44, 13 << 3 | 1, 0x00, 0x01], 512, .window),
      ([0x44, 17 << 3, 0x00, 0x01], 512, .window), ([0x44, 0xff, 0x00, 0x01], 512, .window),
      // A single segment of 9 MiB, which is its own window.
      ([0xa4, 0, 0, 0x90, 0], 9 << 20, .size), ([0xa4, 0, 0, 0x90, 0], 512, .size),
      // Only the checksum is wrong.
      ([0x64, 0x00, 0x01], 512, .checksum), ([0x44, 13 << 3, 0x00, 0x01], 512, .checksum),
      // A frame that says it unpacks to 1 GiB; the seek table agrees with it, or not.
      ([0xa4, 0, 0, 0, 0x40], 1 << 30, .size), ([0xa4, 0, 0, 0, 0x40], 512, .size),
      ([0x64, 0x00, 0x01], 1024, .size), ([0x64, 0x00, 0x01], 0, .extraFrame),
      ([0x64, 0x01, 0x01], 513, .size),
    ]
    for (index, (header, content, reason)) in cases.enumerated() {
      let error = BundleForge.error(Self.file(Self.frame(header), content: content))
      #expect(error?.reason == reason, "\(index): \(String(describing: error))")
    }
  }

  /// Tests the reader of headers alone, which uses no seek table.
  @Test func aHeaderHasToBeThereAndToSayItsSize() {
    let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
    let cases: [([UInt8], BundleError.Reason?)] = [
      (magic, .truncated), (magic + [0x64], .truncated), (magic + [0x64, 0], .truncated),
      (magic + [0xe4, 0, 0, 0, 0, 0, 0, 0], .truncated), (magic + [0x04, 0, 1, 16, 0], .size),
      ([0x29] + magic.dropFirst() + [0x64, 0, 1], .frameHeader),
      (magic + [0x64, 0, 1], nil), (magic + [0x44, 13 << 3, 0, 1], nil),
    ]
    for (index, (bytes, reason)) in cases.enumerated() {
      var found: BundleError.Reason?
      do throws(BundleError) {
        #expect(try FrameHeader(bytes).contentSize == 512)
      } catch {
        found = error.reason
      }
      #expect(found == reason, "\(index)")
    }
  }

  /// 128 MiB of zeros in 32 frames of 250 bytes. Each frame alone is allowed; all together are not.
  @Test func aFileThatUnpacksToFarMoreThanItsSizeIsRefused() {
    let zeros = FrameCompressor(level: 3).compress(Array(repeating: 0, count: 4 << 20))
    let frames = Array(repeating: (zeros, 4 << 20), count: 32)
    #expect(BundleForge.reason(BundleForge.bundle(frames: frames)) == .ratio)
  }

  @Test func aHundredThousandEmptyFramesAreRefused() {
    let empty = FrameCompressor(level: 3).compress([])
    let frames = Array(repeating: (empty, 0), count: 100_000)
    #expect(BundleForge.reason(BundleForge.bundle(frames: frames)) == .extraFrame)
    #expect(BundleForge.reason(Array(frames.map(\.0).joined())) == .extraFrame)
  }

  @Test func framesOfAFileWithoutATableAreCounted() {
    var limits = BundleLimits()
    limits.frames = Self.frames.count - 3
    #expect(BundleForge.reason(Self.good.dropLast(), limits: limits) == .count)
    limits.frames += 1
    #expect(BundleForge.reason(Self.good.dropLast(), limits: limits) == .truncated)
    // The blocks of a frame are counted too.
    let blocks = [[UInt8]](repeating: [0, 0, 0], count: limits.frames + 1)
    let frame =
      [0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1] + blocks.joined() + [UInt8](repeating: 1, count: 100)
    #expect(BundleForge.reason(frame, limits: limits) == .count)
  }

  /// RFC 8878 §3.1.1.2.4: a block has at most 128 KiB. With longer blocks, a sparse file of a few
  /// megabytes on disk could have a frame of gigabytes, whose length no seek table can hold.
  @Test func aBlockOfMoreThanABlockIsRefused() {
    let size = 128 << 10 + 1
    let header: [UInt8] = [0x64, 0, 1]
    let block = 1 | size << 3
    let frame =
      [0x28, 0xb5, 0x2f, 0xfd] + header
      + [UInt8(block & 0xff), UInt8(block >> 8 & 0xff), UInt8(block >> 16)]
    let file = frame + Array(repeating: 0, count: size + 4)
    #expect(BundleForge.reason(file) == .frameHeader)
  }

  /// Empty blocks can make a frame as long as one likes.
  @Test func aFrameOfFarMoreThanItsContentIsRefused() {
    let blocks = Array(repeating: [0, 0, 0] as [UInt8], count: 3 << 20).joined()
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1] + blocks + [1, 0, 0, 0, 0, 0, 0]
    #expect(BundleForge.reason(Self.file(frame)) == .size)
    var limits = BundleLimits()
    limits.frameInFile = 1 << 10
    let few = Array(repeating: [0, 0, 0] as [UInt8], count: 400).joined()
    let shorter = [0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1] + few + [1, 0, 0, 0, 0, 0, 0]
    // Without a seek table the frames are walked, with the same result.
    let walked = BundleForge.reason(shorter + Array(repeating: 0, count: 100), limits: limits)
    #expect(walked == .size)
  }

  @Test func aReservedBlockTypeIsRefused() {
    var frame = Self.frame([0x64, 0x00, 0x01])
    // It is not the last block, so the walk would go on.
    frame[7] = 6
    #expect(BundleForge.reason(frame + Array(repeating: 0, count: 100)) == .frameHeader)
    #expect(BundleForge.reason(Self.file(frame)) != nil)
  }

  @Test func twoFramesInOneEntryAreRefused() {
    let compressor = FrameCompressor(level: 3)
    let contents = Self.forge.entries
    let head = compressor.compress(contents[0]) + compressor.compress(contents[1])
    let file = BundleForge.bundle(frames: [(head, contents[0].count)])
    #expect(BundleForge.reason(file) == .size)
  }

  /// The second frame has no content, so the sizes agree.
  @Test func aFrameOfNothingBehindAnotherIsRefused() {
    let head = Self.frames[0] + FrameCompressor(level: 3).compress([])
    let rest = Self.frames[1...].dropLast(2).map { ($0, 512) }
    #expect(BundleForge.reason(BundleForge.bundle(frames: [(head, 7680)] + rest)) == .size)
  }

  /// A frame of 512 bytes that unpacks to 512, followed by a second frame. Nothing is unpacked, and
  /// the result must not be 512 bytes of uninitialised memory.
  @Test func aFrameAsLongAsItsContentWithAnotherBehindItIsRefused() {
    let frame: [UInt8] =
      [0x28, 0xb5, 0x2f, 0xfd, 0x64, 0x00, 0x01]
      // 18 zeros as a run, 494 bytes raw, a checksum.
      + [18 << 3 | 2, 0, 0, 0] + [0x71, 0x0f, 0] + Array(repeating: 1, count: 494) + [1, 2, 3, 4]
    #expect(frame.count == 512)
    let decompressor = FrameDecompressor()
    for second in [FrameCompressor(level: 3).compress([]), frame] {
      let error = #expect(throws: BundleError.self) {
        try decompressor.decompress(frame + second, contentSize: 512)
      }
      #expect(error?.reason == .size)
    }
  }

  @Test func anotherCutIsRefused() {
    let tar = Self.forge.entries + [BundleForge.end]
    // Everything in one frame; one frame per member; the end mark in its own frame.
    #expect(BundleForge.reason(BundleForge.bundle(contents: [tar.flatMap { $0 }])) == .seekTable)
    #expect(BundleForge.reason(BundleForge.bundle(contents: tar)) == .seekTable)
    let half = Array(tar.flatMap { $0 }.prefix(512 * 4))
    let rest = Array(tar.flatMap { $0 }.dropFirst(512 * 4))
    #expect(BundleForge.reason(BundleForge.bundle(contents: [half, rest])) == .seekTable)
  }

  @Test func anotherSealIsRefused() {
    let sealed = Array(Self.frames.dropLast(2).joined())
    let table = Self.frames.last!
    let wrong = Seal.bytes(Digest(of: []))
    #expect(BundleForge.reason(sealed + wrong + table) == .seal)
    var label = Self.frames[Self.frames.count - 2]
    label[9] ^= 1
    #expect(BundleForge.reason(sealed + label + table) == .seal)
  }

  @Test func anotherSeekTableIsRefused() {
    let body = Array(Self.frames.dropLast().joined())
    let table = Self.frames.last!
    func changed(_ offset: Int, _ bytes: [UInt8]) -> BundleError.Reason? {
      var table = table
      let start = offset < 0 ? table.count + offset : offset
      table.replaceSubrange(start..<start + bytes.count, with: bytes)
      return BundleForge.reason(body + table)
    }
    // The first frame's size in the file and its content's size; the seal's; the number of entries,
    // which is in two places; the descriptor.
    #expect(changed(8, [1, 0, 0, 0]) == .seekTable)
    #expect(changed(12, [0, 2, 0, 0]) == .size)
    #expect(changed(-17, [49]) == .seekTable)
    #expect(changed(-13, [0, 2]) == .seekTable)
    for count: UInt8 in [0, 1, 2, 99, 255] { #expect(changed(-9, [count]) == .seekTable) }
    // More entries than the file has room for.
    #expect(body.count < 8 * 16_384)
    #expect(changed(-9, [0x00, 0x40]) == .seekTable)
    #expect(changed(-9, [0xff, 0xff, 0xff, 0xff]) == .count)
    #expect(changed(4, [1]) == .seekTable)
    #expect(changed(-5, [0x80]) == .seekTable)
    #expect(changed(-4, [0]) == .seekTable)
  }

  @Test func everyTruncationIsRefused() { EveryByte(of: Self.good).expectTruncationsRefused() }

  /// One bit of every byte; in a release build all eight.
  @Test func everyFlippedBitIsRefused() throws {
    try EveryByte(of: Self.good).expectFlipsRefused()
  }

  @Test func aLimitAcceptsWhatIsAtItAndRefusesOnePast() {
    func largest(_ paths: String...) -> Int { paths.map { Self.forge[$0].count }.max()! }
    let checkpoints = Self.forge.files.map(\.path).filter { $0.contains("checkpoints/") }
    let total = Self.forge.entries.reduce(1024) { $0 + $1.count }
    var most = BundleLimits()
    most.totalContent = Int64(total)
    #expect(BundleForge.error(Self.good, limits: most) == nil)
    most.totalContent -= 1
    #expect(BundleForge.reason(Self.good, limits: most) == .size)
    let limits: [(WritableKeyPath<BundleLimits, Int>, Int)] = [
      (\.frames, Self.frames.count - 2), (\.members, Self.forge.files.count),
      (\.tagFile, largest("bag-info.txt", "tagmanifest-sha256.txt", "data/config.json")),
      (\.manifest, largest("manifest-sha256.txt", "data/expected-sha256.txt")),
      (
        \.document,
        largest(
          "data/README.md", "data/outcome.json", "data/environment.json",
          "data/ro-crate-preview.html")
      ), (\.crate, largest("data/ro-crate-metadata.json")),
      (\.trace, largest("data/trace/metrics.csv", "data/trace/hashes.csv")),
      (\.checkpoint, checkpoints.map { Self.forge[$0].count }.max()!),
    ]
    for (index, (limit, value)) in limits.enumerated() {
      var limits = BundleLimits()
      limits[keyPath: limit] = value
      #expect(BundleForge.error(Self.good, limits: limits) == nil, "\(index)")
      limits[keyPath: limit] = value - 1
      let reason: BundleError.Reason = index < 2 ? .count : .size
      #expect(BundleForge.reason(Self.good, limits: limits) == reason, "\(index)")
    }
  }
}
