import Files
import Foundation
import RunRecords
import Testing

@testable import Programs

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct HarvestTests {
  private static let spec = ProgramSpec(
    run: ["x"], inputs: ProgramInputs.none.list.digest,
    metrics: ProgramSpec.Metrics(file: "metrics.csv", step: "step"), outcome: "outcome.json")

  /// A working directory with two unchanged inputs.
  private static func prepared() throws -> (TemporaryDirectory, InputStaging) {
    let folder = TemporaryDirectory()
    folder.write("one", to: "in/a.txt")
    folder.write("two", to: "in/b.txt")
    folder.write([], to: "out/.keep")
    folder.write([], to: "work/.keep")
    folder.write([], to: "record/.keep")
    var secrets = SecretCheck(allowed: [])
    let inputs = try ProgramInputs.find(
      ["in"], in: folder.path, runDirectory: nil, secrets: &secrets)
    let staging = try InputStaging(inputs, in: folder.path + "/work")
    for name in ["out", "work", "record"] {
      try FileManager.default.removeItem(atPath: folder.path + "/\(name)/.keep")
    }
    return (folder, staging)
  }

  private static func harvest(
    _ folder: TemporaryDirectory, _ staging: InputStaging, isDeclared: Bool = true,
    named: [String] = []
  ) throws(ProgramError) -> Harvest {
    var harvest = Harvest(
      spec: spec, isWhole: true, isDeclared: isDeclared, repetition: .refused, named: named)
    try harvest.take(
      [
        Harvest.Place(path: folder.path + "/out", name: "out"),
        Harvest.Place(path: folder.path + "/work", name: "work", staging: staging),
      ], into: folder.path + "/record")
    return harvest
  }

  @Test func everythingHasItsPlace() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("step,loss\n0,0.5\n", to: "out/metrics.csv")
    folder.write(
      "{\"acc\": 0.5, \"nan\": NaN, \"in\": {\"n\": 3}, \"ok\": true}", to: "work/outcome.json")
    folder.write("c", to: "out/checkpoints/step-5.safetensors")
    folder.write("c", to: "work/checkpoints/step-0000010.safetensors")
    folder.write("d", to: "work/checkpoints/best.safetensors")
    folder.write("p", to: "out/plots/a.png")
    folder.write("w", to: "work/in/new.txt")
    let harvest = try Self.harvest(folder, staging)
    #expect(harvest.table.steps == [0])
    #expect(harvest.found == ["acc": 0.5, "nan": "NaN", "in.n": 3, "ok": true])
    #expect(harvest.checkpointSteps == [5, 10])
    #expect(
      harvest.results.map(\.path) == [
        "results/out/plots/a.png", "results/work/checkpoints/best.safetensors",
        "results/work/in/new.txt",
      ])
    #expect(
      folder.files(in: "record") == [
        "checkpoints/step-00000005.safetensors", "checkpoints/step-00000010.safetensors",
        "results/out/plots/a.png", "results/work/checkpoints/best.safetensors",
        "results/work/in/new.txt",
      ])
    #expect(harvest.remarks.isEmpty)
    #expect(harvest.unsealable.isEmpty)
  }

  @Test func anInputThatWasChangedIsAResultAndThatIsSaid() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("other", to: "work/in/a.txt")
    try FileManager.default.removeItem(atPath: folder.path + "/work/in/b.txt")
    let harvest = try Self.harvest(folder, staging)
    #expect(harvest.results.map(\.path) == ["results/work/in/a.txt"])
    #expect(
      harvest.remarks == [
        "the program changed its input in/a.txt, which is now a result as well",
        "the program removed its input in/b.txt",
      ])
  }

  @Test func whatIsLeftOutIsSaid() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("x", to: "work/__pycache__/a.pyc")
    folder.write("x", to: "work/b.pyc")
    folder.write("x", to: "work/.git/HEAD")
    try #require(unsafe mkfifo(folder.path + "/work/pipe", 0o600) == 0)
    let harvest = try Self.harvest(folder, staging)
    #expect(harvest.results.isEmpty)
    #expect(
      harvest.remarks == [
        "work/pipe is a socket, a pipe or a device, and was left out",
        "*.pyc: 1 left out, as always", ".git: 1 left out, as always",
        "__pycache__: 1 left out, as always",
      ])
  }

  @Test func whatIsNeverSealedOfARunIsLeftOutOfAProgramThatPerformsOne() throws {
    let (folder, staging) = try Self.prepared()
    for name in ["run.json", "lock", "config.json", "outcome.json", "trace/metrics.csv"] {
      folder.write("{}", to: "out/tiny/" + name)
    }
    folder.write("x", to: "work/run.json")
    let harvest = try Self.harvest(folder, staging)
    #expect(
      harvest.results.map(\.path) == [
        "results/out/tiny/config.json", "results/out/tiny/outcome.json",
        "results/out/tiny/trace/metrics.csv", "results/work/run.json",
      ])
    #expect(harvest.remarks == ["run.json and lock of a run: 2 left out, as always"])
  }

  @Test func linksInsideAreFollowedEvenIfWhatTheyLeadToIsMoved() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("c", to: "out/a.pt")
    folder.write("d", to: "out/dir/b.pt")
    try folder.link("out/latest.pt", to: "a.pt")
    try folder.link("out/zdir", to: "dir")
    try folder.link("work/other", to: folder.path + "/out/a.pt")
    try folder.link("work/outside", to: "/etc/passwd")
    try folder.link("work/dangling", to: "nowhere")
    let harvest = try Self.harvest(folder, staging)
    #expect(
      harvest.results.map(\.path) == [
        "results/out/a.pt", "results/out/dir/b.pt", "results/out/latest.pt",
        "results/out/zdir/b.pt", "results/work/other",
      ])
    #expect(folder.text("record/results/out/latest.pt") == "c")
    #expect(folder.text("record/results/work/other") == "c")
    #expect(
      harvest.remarks == [
        "work/dangling is a link that leads nowhere, and was left out",
        "work/outside is a link that leads outside, and was left out",
      ])
  }

  @Test func namesThatCannotBeSealedAreKeptAndNamed() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("x", to: "out/what?.txt")
    folder.write("x", to: "out/A")
    folder.write("x", to: "out/a")
    let odd = Array((folder.path + "/out/").utf8) + [0xFF, 0x2E, 0x62, 0]
    let file = unsafe odd.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer {
      unsafe open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600)
    }
    try #require(file >= 0)
    close(file)
    let harvest = try Self.harvest(folder, staging)
    #expect(
      folder.files(in: "record/results/out") == ["%FF.b", "A", "a", "what?.txt"])
    #expect(
      harvest.unsealable.map(\.description) == [
        "results/out/%FF.b: it has the character %",
        "results/out/what?.txt: it has the character ?",
        "results/out/a: it cannot lie beside results/out/A",
      ])
  }

  /// A bundle takes files of up to 2^33 − 1 bytes. The files here are sparse.
  @Test func aFileOfEightGibibytesCannotBeSealed() throws {
    let (folder, staging) = try Self.prepared()
    for (name, size) in [("small", UInt64(1) << 33 - 1), ("large", UInt64(1) << 33)] {
      folder.write([], to: "out/" + name)
      let file = try #require(FileHandle(forWritingAtPath: folder.path + "/out/" + name))
      try file.truncate(atOffset: size)
      try file.close()
    }
    let harvest = try Self.harvest(folder, staging)
    #expect(harvest.results.map(\.size) == [1 << 33, 1 << 33 - 1])
    #expect(
      harvest.unsealable == [
        UnsealableFile(path: "results/out/large", reason: "it has 8 GiB or more")
      ])
  }

  /// SPEC.md 2.13: the name that must fit an archive's header is the one below `results/`.
  @Test func theNameOfAResultBeginsWithItsPlace() throws {
    let (folder, staging) = try Self.prepared()
    let longest = String(repeating: "d", count: 107) + "/a"
    folder.write("x", to: "out/" + longest)
    folder.write("x", to: "work/" + longest)
    let harvest = try Self.harvest(folder, staging)
    #expect(harvest.results.count == 2)
    #expect(harvest.unsealable.map(\.path) == ["results/work/" + longest])
  }

  @Test func whatWasAskedForInVainIsSaid() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("{}", to: "out/outcome.json")
    folder.write("{\"step\": 0, \"a\": 1}\n", to: "work/metrics.jsonl")
    let harvest = try Self.harvest(
      folder, staging, named: ["log/loss.csv", "outcome.json", "metrics.csv"])
    #expect(harvest.remarks == ["log/loss.csv was asked for, but was not written"])
    #expect(harvest.table.steps == [0])
  }

  @Test func brokenCurvesAreAnErrorThatMovesNothing() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("step,a\n1,1\n0,1\n", to: "out/metrics.csv")
    folder.write("x", to: "out/a")
    #expect(
      throws: ProgramError.written(
        file: "out/metrics.csv", line: 3, reason: "its step is 0, after 1",
        kept: folder.path + "/out")
    ) { try Self.harvest(folder, staging) }
    #expect(folder.files(in: "out") == ["a", "metrics.csv"])
    #expect(folder.files(in: "record").isEmpty)
  }

  @Test func filesThatOnlyHaveTheNamesOfCurvesAndOutcomeAreResults() throws {
    let (folder, staging) = try Self.prepared()
    folder.write("a;b\n1;1\n", to: "out/metrics.csv")
    folder.write("[1]", to: "out/outcome.json")
    let harvest = try Self.harvest(folder, staging, isDeclared: false)
    #expect(
      harvest.results.map(\.path) == ["results/out/metrics.csv", "results/out/outcome.json"])
    #expect(harvest.remarks.count == 2)
    #expect(harvest.remarks[0].contains("is kept as a file"), "\(harvest.remarks)")
  }

  @Test func tenThousandFilesAreTaken() throws {
    let (folder, staging) = try Self.prepared()
    for index in 0..<10_000 {
      if index % 100 == 0 {
        try FileTree.makeDirectory(folder.path + "/out/d\(index / 100)")
      }
      let file = unsafe open(
        folder.path + "/out/d\(index / 100)/f\(index)", O_CREAT | O_WRONLY, 0o600)
      try #require(file >= 0)
      close(file)
    }
    let harvest = try Self.harvest(folder, staging)
    #expect(harvest.results.count == 10_000)
    #expect(folder.files(in: "out").isEmpty)
  }
}
