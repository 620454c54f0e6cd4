import Files
import Foundation
import RunRecords
import Testing

@testable import Programs

@Suite struct InputStagingTests {
  private static func inputs(_ folder: TemporaryDirectory) throws -> ProgramInputs {
    var secrets = SecretCheck(allowed: [])
    return try ProgramInputs.find(
      ["in"], in: folder.path, runDirectory: nil, secrets: &secrets)
  }

  private static func folder() throws -> TemporaryDirectory {
    let folder = TemporaryDirectory()
    folder.write("one", to: "in/a.txt")
    folder.write("#!/bin/sh\n", to: "in/tools/run.sh")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o700], ofItemAtPath: folder.path + "/in/tools/run.sh")
    folder.write([], to: "work/.keep")
    return folder
  }

  @Test func copiesHaveOneDateAndKeepTheirX() throws {
    let folder = try Self.folder()
    let staging = try InputStaging(try Self.inputs(folder), in: folder.path + "/work")
    #expect(folder.text("work/in/a.txt") == "one")
    for (name, isExecutable) in [("in/a.txt", false), ("in/tools/run.sh", true)] {
      let status = try FileStatus(ofLink: folder.path + "/work/" + name)
      #expect(status.kind == .file)
      #expect(status.isExecutable == isExecutable)
      #expect(status.modifiedNanoseconds == InputStaging.modifiedSeconds * 1_000_000_000)
      #expect(staging.staged[name]?.isLinked == false)
    }
  }

  @Test func whatTheProgramDoesToACopyLeavesTheFileAlone() throws {
    let folder = try Self.folder()
    let staging = try InputStaging(try Self.inputs(folder), in: folder.path + "/work")
    let work = folder.path + "/work"
    func isUnchanged() throws -> Bool {
      try staging.isUnchanged(
        "in/a.txt", in: work, try FileStatus(ofLink: work + "/in/a.txt"))
    }
    #expect(try isUnchanged())
    folder.write("one", to: "work/in/a.txt")
    #expect(try isUnchanged(), "the same content again")
    folder.write("two", to: "work/in/a.txt")
    #expect(try !isUnchanged())
    #expect(folder.text("in/a.txt") == "one")
    #expect(staging.changedLinks() == [])
  }

  @Test func whatIsTooLargeIsLinkedAndLookedAtAfterwards() throws {
    let folder = try Self.folder()
    let inputs = try Self.inputs(folder)
    let staging = try InputStaging(inputs, in: folder.path + "/work", largestCopy: 5)
    #expect(try FileStatus(ofLink: folder.path + "/work/in/a.txt").kind == .file)
    let script = try FileStatus(ofLink: folder.path + "/work/in/tools/run.sh")
    // Where the file system can share blocks, it is a copy and not a link.
    guard script.kind == .link else { return #expect(script.kind == .file) }
    #expect(folder.text("work/in/tools/run.sh") == "#!/bin/sh\n")
    #expect(staging.changedLinks() == [])
    folder.write("changed!!!", to: "in/tools/run.sh")
    #expect(staging.changedLinks() == ["in/tools/run.sh"])
  }

  @Test func aFileThatChangesMeanwhileIsAnError() throws {
    let folder = try Self.folder()
    let inputs = try Self.inputs(folder)
    folder.write("two", to: "in/a.txt")
    #expect(
      throws: ProgramError.input(
        path: "in/a.txt", reason: "it was changed while it was being recorded")
    ) { try InputStaging(inputs, in: folder.path + "/work") }
  }
}
