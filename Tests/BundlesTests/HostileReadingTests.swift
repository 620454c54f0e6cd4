import Archive
import Foundation
import RunRecords
import Testing

@testable import ArchiveFiles
@testable import Bundles

/// Bundles whose small files are sound, so they open; the members after these are damaged. `show`,
/// `diff` and `extract MEMBER` read such members without `verify`.
@Suite struct HostileReadingTests {
  private static let forge = try! BundleForge(SampleRun(rows: 2))
  private static let metrics = "data/trace/metrics.csv"
  private static let hashes = "data/trace/hashes.csv"
  private static let lastCheckpoint = "data/checkpoints/step-00000010.safetensors"

  private let directory = TemporaryDirectory()

  /// Why the member cannot be read; nil if it can.
  private func reason(
    reading path: String, of bytes: [UInt8], limits: BundleLimits = BundleLimits()
  ) throws -> BundleError.Reason? {
    let reader = try BundleReader(path: directory.write(bytes, to: "b"), limits: limits)
    do throws(BundleError) {
      _ = try reader.read(path)
      return nil
    } catch {
      return error.reason
    }
  }

  /// The bundle with changes to the parts of its archive.
  private func archived(_ edit: (inout [[UInt8]]) -> Void) -> [UInt8] {
    var entries = Self.forge.entries + [BundleForge.end]
    edit(&entries)
    return BundleForge.bundle(tar: entries, names: Self.forge.files.map(\.path))
  }

  private func place(_ path: String) -> Int { Self.forge.files.firstIndex { $0.path == path }! }

  @Test func everyMemberOfASoundBundleIsRead() throws {
    for (path, _) in Self.forge.files {
      #expect(try reason(reading: path, of: Self.forge.bytes) == nil)
    }
  }

  @Test func anotherContentThanTheManifestsIsRefused() throws {
    for path in [Self.metrics, Self.hashes, Self.lastCheckpoint] {
      let file = archived { $0[place(path)][600] ^= 1 }
      #expect(try reason(reading: path, of: file) == .manifest)
    }
  }

  @Test func aMemberThatIsListedAndNotThereIsRefused() throws {
    var forge = Self.forge
    forge.files.removeLast()
    #expect(try reason(reading: Self.lastCheckpoint, of: forge.bytes) == .manifest)
  }

  @Test func aMemberOfAnotherRootOrNameIsRefused() throws {
    let size = Self.forge[Self.metrics].count
    for name in ["0123456789abcdef/\(Self.metrics)", "\(Self.forge.root)/data/other.csv"] {
      let file = archived {
        $0[place(Self.metrics)].replaceSubrange(
          0..<512, with: TarHeader(name: name, size: size).block)
      }
      #expect(try reason(reading: Self.metrics, of: file) == .name)
    }
  }

  /// The bytes after a member's end fill its last block, and are not part of the member.
  @Test func bytesBehindAMembersEndAreRefused() throws {
    let reader = try BundleReader(path: directory.write(Self.forge.bytes, to: "b"))
    let metrics = Self.forge[Self.metrics]
    #expect(try reader.bytes(of: Self.metrics, 0..<metrics.count) == metrics)
    let error = #expect(throws: BundleError.self) {
      try reader.bytes(of: Self.metrics, 0..<metrics.count + 1)
    }
    #expect(error?.reason == .changed)
  }

  @Test func aMemberPastItsLimitIsRefused() throws {
    var limits = BundleLimits()
    limits.trace = Self.forge[Self.metrics].count - 1
    #expect(
      try reason(reading: Self.metrics, of: Self.forge.bytes, limits: limits) == .name)
  }

  /// The member still has the manifest's digest. The wrong cut is found when everything is read.
  @Test func aSecondMemberInAPieceIsNotRead() throws {
    let hidden = TarHeader(name: Self.forge.root + "/data/hidden", size: 0).block
    let file = archived { $0[place(Self.metrics)] += hidden }
    #expect(try reason(reading: Self.metrics, of: file) == nil)
    #expect(try reason(reading: Self.lastCheckpoint, of: file) == .name)
    #expect(BundleForge.reason(file) == .name)
  }

  /// The frame holds half a block and nothing else.
  @Test func aPieceWithoutAHeaderIsRefused() throws {
    let store = try BundleFrames(
      path: directory.write(Self.forge.bytes, to: "c"), limits: BundleLimits())
    var frames = try store.frames.map { (try store.compressed($0), $0.content) }
    frames[1] = (
      [0x28, 0xb5, 0x2f, 0xfd, 0x64, 0, 1] + [0, 8, 0] + Array(repeating: 1, count: 256), 512
    )
    #expect(try reason(reading: Self.metrics, of: BundleForge.bundle(frames: frames)) == .size)
  }

  /// The part that is there has the digest of the manifest.
  @Test func aMemberThatDoesNotEndIsRefused() throws {
    var forge = Self.forge
    let content = BundleForge.padded(forge[Self.lastCheckpoint]) + BundleForge.end
    forge[Self.lastCheckpoint] = content
    forge.relist()
    var entries = forge.entries
    let header = TarHeader(
      name: forge.root + "/" + Self.lastCheckpoint, size: content.count + 1)
    entries[place(Self.lastCheckpoint)] = header.block + content
    let file = BundleForge.bundle(tar: entries, names: forge.files.map(\.path))
    #expect(try reason(reading: Self.lastCheckpoint, of: file) == .manifest)
  }

  @Test func aBundleThatEndsEarlyIsRefused() {
    for count in 1..<Self.forge.files.count {
      var forge = Self.forge
      forge.files.removeSubrange(count...)
      #expect(BundleForge.error(forge.bytes)?.reason != nil, "\(count)")
    }
  }

  /// The frame's header is checked before libzstd sees the frame.
  @Test func aFrameThatIsNoneIsRefusedWhereverItLies() throws {
    let directory = TemporaryDirectory()
    let path = directory.write(Self.forge.bytes, to: "b")
    let store = try BundleFrames(path: path, limits: BundleLimits())
    for bad in store.frames.indices.dropFirst() {
      var frames = try store.frames.map { (try store.compressed($0), $0.content) }
      frames[bad].0[0] ^= 1
      #expect(BundleForge.reason(BundleForge.bundle(frames: frames)) == .frameHeader)
    }
  }
}
