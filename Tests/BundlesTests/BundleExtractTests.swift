import Archive
import ArchiveFiles
import Foundation
import RunRecords
import Testing

@testable import Bundles

@Suite struct BundleExtractTests {
  private let directory = TemporaryDirectory()

  private func bundle(_ run: SampleRun = SampleRun()) throws -> String {
    let path = directory.path + "/run.tar.zst"
    try BundleWriter.pack(runDirectory: run.write(to: directory), to: path)
    return path
  }

  private func names(_ path: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path + "/" + path).sorted()
  }

  @Test func theWholeTreeIsUnpacked() throws {
    let run = SampleRun()
    let reader = try BundleReader(path: try bundle(run))
    try reader.extract(to: directory.path + "/tree/")
    for member in reader.members {
      #expect(directory.read("tree/" + member) == (try reader.read(member)))
    }
    #expect(try names("tree/data/checkpoints").count == 3)
    #expect(try names() == ["run", "run.tar.zst", "tree"])
  }

  @Test func namedMembersAloneAreUnpacked() throws {
    let reader = try BundleReader(path: try bundle())
    let wanted = ["bagit.txt", "data/checkpoints/step-00000020.safetensors", "bagit.txt"]
    try reader.extract(members: wanted, to: directory.path + "/some")
    #expect(try names("some") == ["bagit.txt", "data"])
    #expect(try names("some/data") == ["checkpoints"])
    #expect(try names("some/data/checkpoints") == ["step-00000020.safetensors"])
  }

  @Test func anUnknownMemberLeavesNothingBehind() throws {
    let reader = try BundleReader(path: try bundle())
    #expect(throws: BundleError.noSuchMember(name: "../x")) {
      try reader.extract(members: ["bagit.txt", "../x"], to: directory.path + "/some")
    }
    #expect(try names() == ["run", "run.tar.zst"])
  }

  @Test func whatExistsStays() throws {
    let reader = try BundleReader(path: try bundle())
    directory.write([1], to: "tree/mine")
    #expect(throws: BundleError.self) { try reader.extract(to: directory.path + "/tree") }
    #expect(try names("tree") == ["mine"])
    #expect(try names() == ["run", "run.tar.zst", "tree"])
  }

  /// The last checkpoint is damaged, so everything else is written before the damage is found.
  @Test func aDamagedBundleLeavesNothingBehind() throws {
    let path = try bundle()
    var bytes = directory.read("run.tar.zst")
    let reader = try BundleReader(path: path)
    let last = try #require(reader.store.frames.last)
    bytes[last.offset + last.compressed - 1] ^= 1
    directory.write(bytes, to: "run.tar.zst")
    let damaged = try BundleReader(path: path)
    let error = #expect(throws: BundleError.self) {
      try damaged.extract(to: directory.path + "/tree")
    }
    #expect(error?.reason == .checksum)
    #expect(try names() == ["run", "run.tar.zst"])
    // The content of other frames can still be read.
    #expect(try damaged.trace() == SampleRun().trace)
  }
}
