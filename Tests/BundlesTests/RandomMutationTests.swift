import Archive
import Foundation
import RunRecords
// Exported to the whole module.
@_exported import TestSupport
import Testing

@testable import ArchiveFiles
@testable import BundleChecks
@testable import Bundles

/// Bundles that ship, changed at random: their files, and their content behind a correct seal,
/// where only the deeper checks can find the change. Also sound bundles of random runs, none of
/// which may be refused.
///
/// The environment variable MUTATIONS is the number of trials of each test; `make test-mutations`
/// runs the long form. Each trial has its own seed, and a failure names it.
@Suite struct RandomMutationTests {
  private static let count =
    ProcessInfo.processInfo.environment["MUTATIONS"].flatMap { Int($0) } ?? 150
  private static let golden: [[UInt8]] = {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return ["base", "tiny-parity-sgd", "tiny-parity-adamw", "tiny-addition-sgd"].map {
      Array(
        try! Data(contentsOf: repository.appending(path: "bundles/golden/\($0).tar.zst")))
    }
  }()
  private static let opened = golden.map { try! OpenBundle($0) }

  /// Damage, or another version of the format or the arithmetic. The version is reported before any
  /// digest is checked.
  private static func isRefusal(_ error: BundleError) -> Bool {
    if case .unsupported = error { true } else { error.reason != nil }
  }

  @Test func noMutatedFileIsAccepted() throws {
    let file = BundleFileOnDisk()
    for number in 0..<Self.count {
      var random = SplitMix64(state: UInt64(number))
      let mutated = Self.golden.mutated(using: &random)
      guard !Self.golden.contains(mutated) else { continue }
      let error = file.error(of: mutated)
      #expect(error?.reason != nil, "\(number): \(String(describing: error))")
    }
  }

  /// The bytes of the frames are changed, then sealed again. What is accepted has the same content.
  @Test func noMutatedFramesAreAcceptedWithOtherContent() throws {
    let file = BundleFileOnDisk()
    for number in 0..<Self.count {
      var random = SplitMix64(state: UInt64(number) + 1 << 32)
      let opened = Self.opened.randomElement(using: &random)!
      var frames = opened.frames
      let index = Int.random(in: frames.indices, using: &random)
      let others = Self.opened.flatMap(\.frames)
      frames[index] =
        Bool.random(using: &random)
        ? [frames[index]].mutated(using: &random) : others.randomElement(using: &random)!
      let contents = opened.contents.map(\.count)
      let error = file.error(
        of: BundleForge.bundle(frames: Array(zip(frames, contents)).map { ($0, $1) }))
      #expect(
        error.map(Self.isRefusal) ?? (file.content() == opened.files),
        "\(number): \(String(describing: error))")
    }
  }

  /// The archive's bytes are changed, then compressed and sealed again.
  @Test func noMutatedArchiveIsAcceptedWithOtherContent() throws {
    let file = BundleFileOnDisk()
    for number in 0..<Self.count {
      var random = SplitMix64(state: UInt64(number) + 2 << 32)
      let opened = Self.opened.randomElement(using: &random)!
      var contents = opened.contents
      // Most things that can go wrong are in the first piece, which is mostly headers, lists and
      // records.
      let index = Bool.random(using: &random) ? 0 : Int.random(in: contents.indices, using: &random)
      let others = Self.opened.map { $0.contents[min(index, $0.contents.count - 1)] }
      contents[index] = ([contents[index]] + others).mutated(using: &random, unit: 512)
      let error = file.error(of: BundleForge.bundle(contents: contents))
      #expect(
        error.map(Self.isRefusal) ?? (file.content() == opened.files),
        "\(number): \(String(describing: error))")
    }
  }

  /// A member is changed, and all lists of digests are corrected. If the bundle is accepted, it has
  /// another identity; if a result was changed, the result has another one too.
  @Test func aMutatedMemberIsRefusedOrGivesAnotherIdentity() throws {
    let file = BundleFileOnDisk()
    for number in 0..<Self.count {
      var random = SplitMix64(state: UInt64(number) + 3 << 32)
      let opened = Self.opened.randomElement(using: &random)!
      var forge = opened.forge
      let index = Int.random(in: forge.files.indices, using: &random)
      let before = forge.files[index]
      let others = Self.opened.compactMap { other in
        other.files.first { $0.path == before.path }?.bytes
      }
      forge.files[index].bytes = ([before.bytes] + others).mutated(using: &random)
      guard forge[text: "bag-info.txt"].split(separator: "\n").count > 3 else { continue }
      forge.relist()
      guard forge.files[index].bytes != before.bytes else { continue }
      if let error = file.error(of: forge.bytes) {
        #expect(Self.isRefusal(error), "\(number): \(error)")
        continue
      }
      let found = try BundleReader(path: file.path).identity
      #expect(found.bundle != opened.identity.bundle, "\(number): \(before.path)")
      let isResult = MemberName(path: before.path, of: .trainer)?.resultPath != nil
      #expect(!isResult || found.result != opened.identity.result, "\(number): \(before.path)")
    }
  }

  @Test func noSoundBundleIsRefused() throws {
    for number in 0..<(Self.count + 9) / 10 {
      var random = SplitMix64(state: UInt64(number) + 4 << 32)
      let directory = TemporaryDirectory()
      let run = SampleRun.random(using: &random)
      let path = directory.path + "/b"
      // Packing verifies the bundle; here it is verified once more.
      _ = try BundleWriter.pack(
        runDirectory: run.write(to: directory), to: path, thin: Bool.random(using: &random),
        level: Int.random(in: BundleWriter.levels, using: &random))
      let reader = try BundleReader(path: path)
      _ = try reader.verify()
      #expect(try reader.trainer() == (run.spec, run.outcome), "\(number)")
      #expect(try reader.trace() == run.trace, "\(number)")
    }
  }
}

/// A sound bundle, taken apart.
private struct OpenBundle {
  let frames: [[UInt8]]
  /// What each frame unpacks to.
  let contents: [[UInt8]]
  let files: [BundleFileOnDisk.File]
  let root: String
  let identity: BundleIdentity

  init(_ bytes: [UInt8]) throws {
    let file = BundleFileOnDisk()
    try #require(file.error(of: bytes) == nil)
    let reader = try BundleReader(path: file.path)
    let decompressor = FrameDecompressor()
    frames = try reader.store.frames.map { try reader.store.compressed($0) }
    contents = try zip(reader.store.frames, frames).map {
      try reader.store.content($0, compressed: $1, decompressor)
    }
    files = try #require(file.content())
    root = reader.runID
    identity = reader.identity
  }

  var forge: BundleForge { BundleForge(files: files.map { ($0.path, $0.bytes) }, root: root) }
}

/// One file that holds one bundle after another, for each trial.
private struct BundleFileOnDisk {
  struct File: Equatable {
    var path: String
    var bytes: [UInt8]
  }

  private let directory = TemporaryDirectory()
  var path: String { directory.path + "/b" }

  /// Why these bytes are refused; nil if they are not.
  func error(of bytes: [UInt8]) -> BundleError? {
    directory.write(bytes, to: "b")
    do throws(BundleError) {
      _ = try BundleReader(path: path).verify()
      return nil
    } catch {
      return error
    }
  }

  /// All members of the bundle that the file holds now.
  func content() -> [File]? {
    guard let reader = try? BundleReader(path: path) else { return nil }
    return try? reader.members.map { File(path: $0, bytes: try reader.read($0)) }
  }
}

extension [[UInt8]] {
  /// One of these after one to four changes: flipped bits, inserted or removed bytes, swapped
  /// blocks, a part copied from another one.
  fileprivate func mutated(using random: inout SplitMix64, unit: Int = 1) -> [UInt8] {
    var bytes = first!
    if unit == 1 { bytes = randomElement(using: &random)! }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      func place() -> Int { Int.random(in: 0...bytes.count, using: &random) }
      // Small parts are as likely as large ones.
      let length = 1 << Int.random(in: 0...12, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1:
        guard let index = bytes.indices.randomElement(using: &random) else { continue }
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2:
        let part = (0..<Swift.min(length, 64)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        bytes.insert(contentsOf: part, at: place())
      case 3:
        let start = place()
        bytes.removeSubrange(start..<Swift.min(start + length, bytes.count))
      case 4:
        // Two blocks change places.
        let size = Swift.max(unit, length)
        let blocks = bytes.count / size
        guard blocks > 1 else { continue }
        let (a, b) = (
          Int.random(in: 0..<blocks, using: &random) * size,
          Int.random(in: 0..<blocks, using: &random) * size
        )
        for offset in 0..<size { bytes.swapAt(a + offset, b + offset) }
      default:
        let other = randomElement(using: &random)!
        let start = place()
        let end = Swift.min(start + length, bytes.count)
        let from = Int.random(in: 0...other.count, using: &random)
        bytes.replaceSubrange(
          start..<end, with: other[from..<Swift.min(from + length, other.count)])
      }
    }
    return bytes
  }
}

extension SampleRun {
  /// A run of random length, state and ending.
  fileprivate static func random(using random: inout SplitMix64) -> SampleRun {
    let end = Int.random(in: 0..<3, using: &random)
    let rows = Int.random(in: (end == 0 ? 1 : end == 1 ? 0 : 5)...40, using: &random)
    return SampleRun(
      rows: rows, values: 1 << Int.random(in: 0...14, using: &random),
      checkpointInterval: 10 * Int.random(in: 0...9, using: &random), diverged: end == 1,
      grokked: end == 2, seed: random.next())
  }
}
