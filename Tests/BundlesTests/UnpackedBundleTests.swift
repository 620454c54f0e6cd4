import Archive
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

/// Directories with the lists of a bundle.
@Suite struct UnpackedBundleTests {
  private let directory = TemporaryDirectory()

  /// The unpacked bundle of a run.
  private func unpacked(_ run: String, thin: Bool = false) throws -> String {
    let tree = directory.path + "/tree"
    try BundleWriter.pack(runDirectory: run, to: directory.path + "/b", thin: thin)
    try BundleReader(path: directory.path + "/b").extract(to: tree)
    return tree
  }

  private func change(_ path: String) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data([0]))
    try file.close()
  }

  @Test func aRunThatWasPerformedThereHasNoLists() throws {
    let program = try SampleProgram().write(to: directory, name: "program")
    for run in [SampleRun().write(to: directory), program, directory.path + "/none"] {
      #expect(try UnpackedBundle(at: run)?.runDirectory == nil)
    }
  }

  @Test(arguments: RunKind.allCases) func whatWasNotChangedPassesAndIsTheSameBundle(
    kind: RunKind
  ) throws {
    let run =
      switch kind {
      case .trainer: SampleRun().write(to: directory)
      case .program: try SampleProgram().write(to: directory)
      }
    let tree = try unpacked(run)
    for path in [tree, tree + "/data"] {
      let bundle = try #require(try UnpackedBundle(at: path))
      #expect(bundle.runDirectory == tree + "/data")
      #expect(!bundle.isSigned)
      try bundle.check()
      let again = try BundleWriter.pack(
        runDirectory: path, to: directory.path + "/" + UUID().uuidString)
      #expect(try again == BundleReader(path: directory.path + "/b").identity)
      #expect(try OpenedRun(opening: path).kind == kind)
    }
    // A directory in the bundle's own, which is not its data.
    try FileManager.default.copyItem(atPath: run, toPath: tree + "/mine")
    #expect(try UnpackedBundle(at: tree + "/mine")?.runDirectory == nil)
  }

  @Test(arguments: ["data/log.txt", "data/results/work/notes.txt", "data/README.md"])
  func aChangedFileOfAProgramIsNamed(name: String) throws {
    let tree = try unpacked(try SampleProgram().write(to: directory))
    try change(tree + "/" + name)
    let readers: [(String) throws -> Void] = [
      { _ = try OpenedRun(opening: $0) },
      { _ = try BundleWriter.pack(runDirectory: $0, to: $0 + ".new") },
    ]
    for read in readers {
      let error = #expect(throws: BundleError.self) { try read(tree) }
      #expect(error?.reason == .manifest)
      #expect(error?.member == String(name.dropFirst("data/".count)))
      #expect(error?.description.hasPrefix(tree + "/data: ") == true)
    }
  }

  /// Sealed again without what was left out, it would be another result.
  @Test func aProgramWhoseResultsWereLeftOutIsNotTakenForTheWhole() throws {
    let outputs: [String: [UInt8]] = [
      "results/out/large": [UInt8](repeating: 7, count: 1 << 17), "results/out/small": [1],
    ]
    let tree = try unpacked(try SampleProgram(outputs: outputs).write(to: directory), thin: true)
    let detail =
      "results/out/large is left out of the bundle that was unpacked here; use the bundle itself"
    #expect(throws: BundleError.notARun(path: tree + "/data", detail: detail)) {
      try BundleWriter.pack(runDirectory: tree, to: directory.path + "/new")
    }
    #expect(throws: BundleError.notARun(path: tree + "/data", detail: detail)) {
      try OpenedRun(opening: tree)
    }
  }

  /// A list may come from anybody, and must not lead out of its directory.
  @Test(arguments: ["data/../../secret", "data//x", "/etc/passwd", "data/./x", "elsewhere"])
  func aListThatLeadsElsewhereIsRefused(path: String) throws {
    let tree = try unpacked(SampleRun().write(to: directory))
    directory.write([1], to: "secret")
    let line = String(repeating: "0", count: 64) + "  " + path + "\n"
    let list = String(decoding: directory.read("tree/manifest-sha256.txt"), as: UTF8.self)
    directory.write(Array((list + line).utf8), to: "tree/manifest-sha256.txt")
    // The list of the tag files is right again.
    var tags = ""
    for name in ["bagit.txt", "bag-info.txt", "manifest-sha256.txt"] {
      tags += "\(Digest(of: directory.read("tree/" + name)))  \(name)\n"
    }
    directory.write(Array(tags.utf8), to: "tree/tagmanifest-sha256.txt")
    let bundle = try #require(try UnpackedBundle(at: tree))
    let error = #expect(throws: BundleError.self) { try bundle.check() }
    #expect(error?.reason == .manifest)
    #expect(error?.description.contains("its SHA-256") == false)
  }
}
