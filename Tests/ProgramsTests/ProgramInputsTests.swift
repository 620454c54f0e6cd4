import Digests
import Files
import Foundation
import RunRecords
import Testing

@testable import Programs

@Suite struct ProgramInputsTests {
  private static func find(
    _ paths: [String]?, in folder: TemporaryDirectory, runDirectory: String? = nil
  ) throws(ProgramError) -> ProgramInputs {
    var secrets = SecretCheck(allowed: [])
    let inputs = try ProgramInputs.find(
      paths, in: folder.path, runDirectory: runDirectory, secrets: &secrets)
    try secrets.finish()
    return inputs
  }

  @Test func directoriesAreTakenWithAllInThem() throws {
    let folder = TemporaryDirectory()
    folder.write("a", to: "train.py")
    folder.write("b", to: "src/model.py")
    folder.write("", to: "src/deep/er/empty")
    folder.write("x", to: "src/__pycache__/model.pyc")
    folder.write("x", to: "src/.git/HEAD")
    folder.write("x", to: "other.txt")
    let inputs = try Self.find(["train.py", "./src/"], in: folder)
    #expect(inputs.inputs.map(\.path) == ["src/deep/er/empty", "src/model.py", "train.py"])
    // sha256sum of "a", "b" and of nothing.
    #expect(
      inputs.list.bytes
        == Array(
          """
          e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  src/deep/er/empty
          3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  src/model.py
          ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  train.py

          """.utf8))
    #expect(inputs.passedOver == ["no inputs: .git, __pycache__"])
  }

  @Test func whatIsSaidToBeNoneIsPassedOver() throws {
    let folder = TemporaryDirectory()
    for name in ["a.py", "plan.yaml", "out/b", "sub/out/c"] { folder.write("1", to: name) }
    let root = try #require(FileTree.resolved(folder.path))
    var secrets = SecretCheck(allowed: [])
    let inputs = try ProgramInputs.find(
      ["."], in: folder.path, runDirectory: nil,
      passingOver: { [root + "/out": "kept", root + "/plan.yaml": "a plan"][$0] },
      secrets: &secrets)
    #expect(inputs.inputs.map(\.path) == ["a.py", "sub/out/c"])
    #expect(inputs.passedOver == ["no inputs: a plan, kept"])
  }

  @Test func whatGitTracksIsTheDefaultAsItIsInTheWorkingTree() throws {
    let folder = TemporaryDirectory()
    for name in ["a.py", ".python-version", "sub/b.py", "gone.py"] { folder.write("1", to: name) }
    folder.write("ignored\n", to: ".gitignore")
    let git = ToolAnswer.ask(
      ["sh", "-c", "git init -q . && git add ."], in: folder.path, most: 1000, seconds: 30)
    try #require(git?.status == 0)
    folder.write("changed", to: "a.py")
    folder.write("new", to: "untracked")
    folder.write("new", to: "ignored")
    try FileManager.default.removeItem(atPath: folder.path + "/gone.py")
    let inputs = try Self.find(nil, in: folder)
    #expect(
      inputs.inputs.map(\.path) == [".gitignore", ".python-version", "a.py", "sub/b.py"])
    #expect(inputs.inputs[2].digest == Digest(of: Array("changed".utf8)))
    #expect(inputs.passedOver == ["files that git tracks and that are not there: 1"])
  }

  @Test func withoutGitTheInputsHaveToBeNamed() throws {
    let folder = TemporaryDirectory()
    let error = try #require(throws: ProgramError.self) { try Self.find(nil, in: folder) }
    #expect("\(error)".contains("--input"), "\(error)")
    #expect(try Self.find([], in: folder).inputs.isEmpty)
  }

  @Test func linksInsideAreFollowedAndOthersRefused() throws {
    let folder = TemporaryDirectory()
    folder.write("a", to: "data/one")
    try folder.link("inside", to: "data")
    try folder.link("file", to: "data/one")
    #expect(
      try Self.find(["inside", "file"], in: folder).inputs.map(\.path) == ["file", "inside/one"])
    try folder.link("outside", to: "/etc")
    try folder.link("dangling", to: "nowhere")
    folder.write("a", to: "ring/one")
    try folder.link("ring/loop", to: ".")
    for (path, reason) in [
      ("outside", "outside the present directory"), ("dangling", "leads nowhere"),
      ("ring", "a link to a directory that it lies in"), ("../x", "outside the present directory"),
      ("/etc/passwd", "outside the present directory"), ("missing", "no such file or directory"),
    ] {
      let error = try #require(throws: ProgramError.self) { try Self.find([path], in: folder) }
      #expect("\(error)".contains(reason), "\(error)")
    }
  }

  @Test func theRunDirectoryIsNoInput() throws {
    let folder = TemporaryDirectory()
    folder.write("a", to: "a")
    folder.write("b", to: "runs/one/b")
    let inputs = try Self.find(["."], in: folder, runDirectory: folder.path + "/runs/one")
    #expect(inputs.inputs.map(\.path) == ["a"])
  }

  @Test func whatWasRecordedBeforeIsNoInput() throws {
    let folder = TemporaryDirectory()
    folder.write("a", to: "a")
    for name in ["run.json", "lock", "program.json", "results/out/x"] {
      folder.write("b", to: "runs/one/" + name)
    }
    let inputs = try Self.find(["."], in: folder)
    #expect(inputs.inputs.map(\.path) == ["a"])
    #expect(inputs.passedOver == ["no inputs: directories of runs"])
  }

  @Test func namesThatCannotBeSealedAreRefused() throws {
    let folder = TemporaryDirectory()
    folder.write("a", to: "what?.txt")
    let error = try #require(throws: ProgramError.self) { try Self.find(["."], in: folder) }
    #expect("\(error)".contains("what?.txt"), "\(error)")
  }

  @Test func secretsAreRefused() throws {
    let folder = TemporaryDirectory()
    folder.write("a", to: ".env")
    #expect(throws: ProgramError.secrets([".env"])) { try Self.find(["."], in: folder) }
  }
}
