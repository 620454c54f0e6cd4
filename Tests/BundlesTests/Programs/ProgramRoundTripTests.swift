import Archive
import ArchiveFiles
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

@Suite struct ProgramRoundTripTests {
  private let directory = TemporaryDirectory()

  private func pack(
    _ program: SampleProgram, to name: String = "run.tar.zst", thin: Bool = false,
    excluding excluded: [String] = []
  ) throws -> String {
    let path = directory.path + "/" + name
    try BundleWriter.pack(
      runDirectory: program.write(to: directory, name: name + ".d"), to: path, thin: thin,
      excluding: try excluded.map { try #require(PathPattern($0)) })
    return path
  }

  /// The content of a file, joined from its parts.
  private func content(_ run: RecordedProgram, _ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try run.read(path) { (part) throws(BundleError) in bytes += part }
    return bytes
  }

  @Test(arguments: [false, true]) func everythingComesBack(isAdopted: Bool) throws {
    let program = try SampleProgram(isAdopted: isAdopted)
    let reader = try BundleReader(path: try pack(program))
    let verification = try reader.verify()
    #expect(verification.kind == .program)
    #expect(verification.runID == program.spec.runID)
    #expect(verification.checkpointCount == 2)
    #expect(verification.memberCount == reader.members.count)
    #expect(!verification.isThin)
    #expect(verification.identity == reader.identity)
    for (path, bytes) in program.files where path != "run.json" {
      #expect(try reader.read("data/" + path) == bytes, "\(path)")
      #expect(try reader.size(of: "data/" + path) == bytes.count)
      var parts: [UInt8] = []
      try reader.read("data/" + path) { (part) throws(BundleError) in parts += part }
      #expect(parts == bytes)
    }
    #expect(throws: BundleError.noSuchMember(name: "data/run.json")) {
      try reader.read("data/run.json")
    }
    #expect(throws: BundleError.self) { try reader.trainer() }
    #expect(throws: BundleError.self) { try reader.trace() }
  }

  @Test func aBundleAndItsDirectoryAreTheSameRun() throws {
    let program = try SampleProgram()
    let path = try pack(program)
    let runs = [
      try RecordedProgram(try BundleReader(path: path)),
      RecordedProgram(try ProgramDirectoryReader(path: path + ".d")),
    ]
    for run in runs {
      #expect(run.spec == program.spec)
      #expect(run.inputs == program.inputs)
      #expect(run.outcome == program.outcome)
      #expect(run.repeats == program.repeats)
      #expect(run.metrics == program.metrics)
      #expect(run.observed == program.observed)
      #expect(run.environment["observed_outcome"] == ["minutes": 3])
      #expect(run.name == "train.py")
      #expect(run.missingInputs == [])
      #expect(!run.isThin)
      #expect(try run.log() == program.files["log.txt"])
      #expect(
        run.files.map(\.path) == [
          "results/out/.hydra/config.yaml", "results/out/plot.png", "results/out/summary.json",
          "results/out/table.csv", "results/out/withheld.bin", "results/work/notes.txt",
          "checkpoints/step-00000010.safetensors", "checkpoints/step-00000020.safetensors",
        ])
      for file in run.files {
        let bytes = try #require(program.files[file.path])
        #expect(file.digest == Digest(of: bytes))
        #expect(file.bytes == bytes.count)
        #expect(file.isResult == (file.path != "results/out/plot.png"))
        #expect(file.leftOut == nil)
        #expect(try content(run, file.path) == bytes)
        #expect(try run.bytes(of: file.path, 1..<3) == Array(bytes[1..<3]))
      }
      for input in SampleProgram.inputs {
        #expect(try content(run, "inputs/" + input.path) == input.bytes)
      }
      try run.verify()
    }
    #expect(runs[0].result == runs[1].result)
    #expect(runs[0].identities?.result == runs[0].result)
    #expect(runs[1].identities == nil)
  }

  @Test func identitiesAreTheDigestsOfTheTwoLists() throws {
    let program = try SampleProgram()
    let reader = try BundleReader(path: try pack(program))
    #expect(reader.identity.bundle == Digest(of: try reader.read("tagmanifest-sha256.txt")))
    #expect(reader.identity.result == Digest(of: try reader.read("data/expected-sha256.txt")))
    // The records, then results by path, then checkpoints by step. The ignored plot is missing.
    let listed = [
      "program.json", "inputs-sha256.txt", "outcome.json", "trace/metrics.csv",
      "results/out/.hydra/config.yaml", "results/out/summary.json", "results/out/table.csv",
      "results/out/withheld.bin", "results/work/notes.txt",
      "checkpoints/step-00000010.safetensors", "checkpoints/step-00000020.safetensors",
    ]
    #expect(reader.expectedResults.map(\.path) == listed)
    for (path, digest) in reader.expectedResults {
      #expect(digest == Digest(of: try #require(program.files[path])))
    }
  }

  @Test func theSameRunGivesTheSameBytes() throws {
    let program = try SampleProgram()
    _ = try pack(program, to: "a")
    _ = try pack(program, to: "b")
    #expect(directory.read("a") == directory.read("b"))
  }

  /// A thin bundle lacks checkpoints and files larger than 64 KiB, and says so.
  @Test func aThinBundleHasTheResultOfTheFullOne() throws {
    var outputs = SampleProgram.outputs
    let small = "results/out/64KiB"
    let large = "results/out/larger"
    let ignored = "results/out/big.png"
    outputs[small] = Array(repeating: 7, count: 64 << 10)
    outputs[large] = Array(repeating: 7, count: 64 << 10 + 1)
    outputs[ignored] = Array(repeating: 8, count: 1 << 17)
    let program = try SampleProgram(outputs: outputs)
    let full = try BundleReader(path: try pack(program, to: "full"))
    let thin = try BundleReader(path: try pack(program, to: "thin", thin: true))
    let verification = try thin.verify()
    #expect(verification.isThin)
    #expect(verification.checkpointCount == 0)
    #expect(thin.identity.result == full.identity.result)
    #expect(thin.identity.bundle != full.identity.bundle)
    #expect(thin.expected == full.expected)
    let run = try RecordedProgram(thin)
    #expect(run.isThin)
    let missing = run.files.filter { $0.leftOut != nil }
    #expect(
      missing.map(\.path) == [
        ignored, large, "checkpoints/step-00000010.safetensors",
        "checkpoints/step-00000020.safetensors",
      ])
    #expect(missing.allSatisfy { $0.leftOut == .thin && $0.bytes == outputs[$0.path]?.count })
    for file in missing {
      let error = #expect(throws: BundleError.self) { try run.read(file.path) { _ in } }
      #expect(error?.description.hasSuffix("the bundle has no member data/" + file.path) == true)
    }
    #expect(try content(run, small) == outputs[small])
  }

  @Test func whatIsExcludedIsNamedWithItsDigest() throws {
    let program = try SampleProgram()
    let path = try pack(program, excluding: ["withheld.*", "step-00000010.safetensors"])
    let reader = try BundleReader(path: path)
    #expect(try !reader.verify().isThin)
    let run = try RecordedProgram(reader)
    let excluded = run.files.filter { $0.leftOut == .excluded }
    #expect(
      excluded.map(\.path) == [
        "results/out/withheld.bin", "checkpoints/step-00000010.safetensors",
      ])
    #expect(excluded.allSatisfy { $0.digest == Digest(of: program.files[$0.path]!) })
    let full = try BundleReader(path: try pack(program, to: "full"))
    #expect(full.identity.result == reader.identity.result)
    // Inputs are not results, so a pattern never excludes them.
    for pattern in ["nothing", "inputs/*", "train.py"] {
      let error = #expect(throws: BundleError.self) {
        try pack(program, to: "none", excluding: [pattern])
      }
      #expect(error?.description.contains("means none of its results") == true)
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path + "/none"))
  }

  @Test func anInputThatIsNotHeldIsLeftOut() throws {
    var program = try SampleProgram()
    program.files["inputs/train.py"] = nil
    let reader = try BundleReader(path: try pack(program))
    #expect(try !reader.verify().isThin)
    let run = try RecordedProgram(reader)
    #expect(run.missingInputs == ["train.py"])
    #expect(run.files.map(\.path).sorted() == SampleProgram.outputs.keys.sorted())
    let leftOut = try LeftOutFiles(bytes: try reader.read("data/left-out.json"))
    let digest = Digest(of: SampleProgram.inputs[0].bytes)
    #expect(
      leftOut.entries == ["inputs/train.py": .init(bytes: nil, digest: digest, reason: .largeInput)]
    )
  }

  @Test func aRunThatTookWroteAndFoundNothingIsARun() throws {
    var program = try SampleProgram(inputs: [], outputs: [:], metrics: .empty, observed: .empty)
    program.files["log.txt"] = []
    let reader = try BundleReader(path: try pack(program))
    #expect(try reader.verify().checkpointCount == 0)
    let run = try RecordedProgram(reader)
    #expect(run.files == [])
    #expect(run.metrics == .empty)
    #expect(try run.log() == [])
    let thin = try BundleReader(path: try pack(program, to: "thin", thin: true))
    #expect(try !thin.verify().isThin)
  }

  /// Each file of 1 MiB or more starts a new piece, and a piece is cut every 4 MiB.
  @Test func filesOfAllSizesComeBack() throws {
    let mebibyte = 1 << 20
    var outputs: [String: [UInt8]] = [:]
    for (index, size) in [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 9 * mebibyte, 0].enumerated()
    {
      outputs["results/out/\(index)"] = (0..<size).map {
        UInt8(truncatingIfNeeded: $0 >> 8 + index)
      }
    }
    outputs["checkpoints/step-00000001.safetensors"] = Array(repeating: 3, count: mebibyte)
    outputs["checkpoints/step-100000000.safetensors"] = []
    let program = try SampleProgram(
      inputs: [.init("empty", []), .init("large", Array(repeating: 5, count: 2 * mebibyte))],
      outputs: outputs)
    let reader = try BundleReader(path: try pack(program))
    _ = try reader.verify()
    let run = try RecordedProgram(reader)
    for (path, bytes) in outputs {
      #expect(try content(run, path) == bytes, "\(path)")
      #expect(run.files.first { $0.path == path }?.bytes == bytes.count)
    }
    let large = try #require(outputs["results/out/5"])
    let middle = 4 * mebibyte - 700..<4 * mebibyte + 700
    #expect(try run.bytes(of: "results/out/5", middle) == Array(large[middle]))
    let late = #expect(throws: BundleError.self) {
      try run.bytes(of: "results/out/5", 9 * mebibyte - 1..<9 * mebibyte + 1)
    }
    #expect(late?.reason == .changed)
    try reader.extract(to: directory.path + "/tree")
    for (path, bytes) in program.files where path != "run.json" {
      #expect(directory.read("tree/data/" + path) == bytes, "\(path)")
    }
  }

  @Test func threeThousandSmallFilesShareTheirPieces() throws {
    var outputs: [String: [UInt8]] = [:]
    for index in 0..<3000 { outputs["results/out/d\(index % 7)/\(index)"] = Array("\(index)".utf8) }
    let reader = try BundleReader(path: try pack(try SampleProgram(outputs: outputs)))
    _ = try reader.verify()
    // Head, metrics, observed, log, inputs, results.
    #expect(reader.store.frames.count == 6)
    let run = try RecordedProgram(reader)
    #expect(run.files.map(\.path) == outputs.keys.sorted())
    for (path, bytes) in outputs { #expect(try content(run, path) == bytes) }
  }

  @Test func namesWithSpacesAndOfAHundredAndFiftyBytesComeBack() throws {
    let long = String(repeating: "d", count: 99) + "/" + String(repeating: "f", count: 50)
    #expect(long.utf8.count == 150)
    let paths = [
      "a b/c d.txt", "#!&'()+,;=@[]^`{}~$", long, "x/" + String(repeating: "y", count: 98),
    ]
    var outputs: [String: [UInt8]] = [:]
    for path in paths { outputs["results/out/" + path] = Array(path.utf8) }
    let program = try SampleProgram(
      inputs: paths.map { .init($0, Array($0.utf8)) }, outputs: outputs)
    let reader = try BundleReader(path: try pack(program))
    _ = try reader.verify()
    let run = try RecordedProgram(reader)
    #expect(Set(run.files.map(\.path)) == Set(outputs.keys))
    try reader.extract(to: directory.path + "/tree")
    for path in paths {
      #expect(try content(run, "inputs/" + path) == Array(path.utf8))
      #expect(directory.read("tree/data/results/out/" + path) == Array(path.utf8))
    }
  }

  @Test func theWholeTreeAndSingleFilesAreUnpacked() throws {
    let program = try SampleProgram()
    let reader = try BundleReader(path: try pack(program))
    try reader.extract(to: directory.path + "/tree")
    for member in reader.members {
      #expect(directory.read("tree/" + member) == (try reader.read(member)))
    }
    let wanted = "data/results/work/notes.txt"
    try reader.extract(members: [wanted, wanted], to: directory.path + "/some")
    #expect(directory.read("some/" + wanted) == program.files["results/work/notes.txt"])
    #expect(throws: BundleError.noSuchMember(name: "data/results/../x")) {
      try reader.extract(members: ["data/results/../x"], to: directory.path + "/none")
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path + "/none"))
  }

  @Test func aDirectoryThatMakesNoBundleIsNamed() throws {
    var program = try SampleProgram()
    program.files["log.txt"] = Array(repeating: UInt8(ascii: "x"), count: 17 << 20 + 1)
    #expect(throws: BundleError.self) { try pack(program) }
    var untimed = try SampleProgram()
    untimed.files["run.json"] = Array("{}".utf8)
    let error = #expect(throws: BundleError.self) { try pack(untimed, to: "untimed") }
    #expect(
      error?.description.hasSuffix("run.json does not say when the run was performed") == true)
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(left.allSatisfy { $0.hasSuffix(".d") })
  }

  /// SPEC.md 3.11: an opened bundle stays the bundle that is read, though no file stays open.
  @Test func aBundleThatTakesAnothersPlaceIsNotRead() throws {
    let path = try pack(try SampleProgram())
    let run = try RecordedProgram(try BundleReader(path: path))
    try FileManager.default.removeItem(atPath: path)
    _ = try pack(try SampleProgram(outputs: [:]), to: "other")
    try FileManager.default.moveItem(atPath: directory.path + "/other", toPath: path)
    #expect(#expect(throws: BundleError.self) { try run.verify() }?.reason == .changed)
    #expect(#expect(throws: BundleError.self) { try run.log() }?.reason == .changed)
  }
}
