import Archive
import BundleChecks
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The directory of a program's run is read as strictly as its bundle.
@Suite struct ProgramDirectoryReaderTests {
  private let directory = TemporaryDirectory()

  /// Why the directory is refused; nil if it is read.
  private func error(_ program: SampleProgram) -> BundleError? {
    error(at: program.write(to: directory, name: UUID().uuidString))
  }

  /// The same after `edit` has changed the directory.
  private func error(
    _ program: SampleProgram, after edit: (String) throws -> Void
  ) throws -> BundleError? {
    let path = program.write(to: directory, name: UUID().uuidString)
    try edit(path)
    return error(at: path)
  }

  private func error(at path: String) -> BundleError? {
    do throws(BundleError) {
      _ = try ProgramDirectoryReader(path: path)
      return nil
    } catch {
      #expect(error.description.hasPrefix(path))
      return error
    }
  }

  @Test func aFinishedRunIsRead() throws {
    let program = try SampleProgram()
    let path = program.write(to: directory)
    let reader = try ProgramDirectoryReader(path: path)
    #expect(try ProgramDirectoryReader.isOne(path))
    #expect(reader.contents.spec == program.spec)
    #expect(reader.contents.metrics == program.metrics)
    #expect(reader.files.count == SampleProgram.inputs.count + SampleProgram.outputs.count)
    #expect(try reader.log()["host"] == "sample")
    let run = RecordedProgram(reader)
    #expect(run.sizeInBytes == reader.files.reduce(0) { $0 + $1.size })
    let empty = try SampleProgram(inputs: [], outputs: [:])
    let adopted = try SampleProgram(isAdopted: true)
    #expect(error(empty) == nil)
    #expect(error(adopted) == nil)
  }

  @Test func aRunWithoutItsOutcomeIsNotFinished() throws {
    var program = try SampleProgram()
    program.files["outcome.json"] = nil
    let path = program.write(to: directory)
    let error = #expect(throws: BundleError.self) { try ProgramDirectoryReader(path: path) }
    #expect(
      error == .notARun(path: path, detail: "the run is not finished: there is no outcome.json"))
    #expect(try ProgramDirectoryReader.isOne(path))
    #expect(try !ProgramDirectoryReader.isOne(directory.path))
  }

  @Test(arguments: [
    "inputs-sha256.txt", "environment.json", "repeats.json", "trace/metrics.csv",
    "trace/observed.csv",
  ])
  func aRecordThatIsMissingIsNamed(name: String) throws {
    var program = try SampleProgram()
    program.files[name] = nil
    let path = program.write(to: directory)
    let error = #expect(throws: BundleError.self) { try ProgramDirectoryReader(path: path) }
    #expect(
      error
        == .inputOutput(path: path + "/" + name, detail: "No such file or directory"))
  }

  /// The reasons are those of a bundle, because the same readers check the records.
  @Test func aRecordThatLiesIsRefusedForItsReason() throws {
    let lies: [(String, String, String, BundleError.Reason)] = [
      ("program.json", "{", "[", .json), ("program.json", "\"run\":[", "\"runs\":[", .configLimit),
      ("inputs-sha256.txt", "train.py", "train.pz", .manifest),
      ("outcome.json", "\"status\":0", "\"status\":256", .json),
      ("outcome.json", "\"accuracy\"", "\"minutes\"", .json),
      ("repeats.json", "\"count\":3", "\"count\":0", .json),
      ("environment.json", "{", "[", .json),
      ("trace/metrics.csv", "\n10,", "\n-10,", .trace),
      ("trace/metrics.csv", "tokens", "seconds", .trace),
      ("trace/observed.csv", "seconds", "minutes", .trace),
      ("inputs/train.py", "hello", "hallo", .manifest),
    ]
    for (name, old, new, reason) in lies {
      var program = try SampleProgram()
      let text = String(decoding: try #require(program.files[name]), as: UTF8.self)
      try #require(text.contains(old), "\(name)")
      program.files[name] = Array(text.replacing(old, with: new).utf8)
      let error = error(program)
      #expect(error?.reason == reason, "\(name): \(String(describing: error))")
    }
    var program = try SampleProgram()
    program.files["environment.json"] = Array("[]".utf8)
    #expect(error(program)?.reason == .json)
  }

  @Test func aFileThatNoListHasIsRefused() throws {
    var program = try SampleProgram()
    program.files["inputs/more.py"] = []
    #expect(error(program)?.reason == .manifest)
    program = try SampleProgram()
    program.files["checkpoints/step-10.safetensors"] = []
    #expect(error(program)?.reason == .name)
    for name in ["a:b", "nul\u{7f}", "é", "a.", " a", ".git/config"] {
      program = try SampleProgram()
      program.files["results/out/" + name] = []
      #expect(error(program)?.reason == .name, "\(name)")
    }
  }

  @Test func filesThatCannotLieBesideEachOtherAreRefused() throws {
    var program = try SampleProgram()
    program.files["results/out/TABLE.csv"] = []
    #expect(error(program)?.reason == .duplicate)
  }

  /// The record of an adopted run names its results.
  @Test func anAdoptedRunHasItsResults() throws {
    for (name, reason) in [
      ("results/out/table.csv", BundleError.Reason.manifest),
      ("checkpoints/step-00000010.safetensors", .manifest),
      // This file is not compared, so it is not a result.
      ("results/out/plot.png", nil),
    ] {
      var program = try SampleProgram(isAdopted: true)
      program.files[name]! += [0]
      #expect(error(program)?.reason == reason, "\(name)")
      program.files[name] = nil
      #expect(error(program)?.reason == reason, "\(name)")
    }
  }

  @Test(arguments: [
    "program.json", "inputs-sha256.txt", "outcome.json", "repeats.json", "trace/observed.csv",
    "inputs/train.py", "results/out/table.csv", "checkpoints/step-00000010.safetensors",
  ])
  func whatIsNoRegularFileIsNotOpened(name: String) throws {
    for make in [
      { unsafe mkfifo($0, 0o644) }, { unsafe symlink("/dev/zero", $0) },
      { unsafe symlink("/etc/passwd", $0) },
    ] as [(String) -> Int32] {
      let error = try error(try SampleProgram()) { path in
        try FileManager.default.removeItem(atPath: path + "/" + name)
        #expect(make(path + "/" + name) == 0)
      }
      guard case .inputOutput(let path, _)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(path.hasSuffix("/" + name))
    }
  }

  /// A folder that is a link leads out of the directory.
  @Test(arguments: ["results/out", "results", "inputs", "checkpoints", "trace"])
  func aFolderThatIsALinkIsNotFollowed(name: String) throws {
    let error = try error(try SampleProgram()) { path in
      try FileManager.default.moveItem(atPath: path + "/" + name, toPath: path + "/elsewhere")
      #expect(unsafe symlink(path + "/elsewhere", path + "/" + name) == 0)
    }
    guard case .inputOutput(let path, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("/" + name))
  }

  @Test(arguments: ["program.json", "trace/metrics.csv", "results/out/table.csv"])
  func aFileBeyondItsLimitIsNotRead(name: String) throws {
    let error = try error(try SampleProgram()) { path in
      // A sparse file of 64 GiB.
      let file = try #require(FileHandle(forWritingAtPath: path + "/" + name))
      try file.truncate(atOffset: 64 << 30)
    }
    guard case .inputOutput(_, let detail)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(detail.hasPrefix("it is longer than "))
  }

  /// No bundle holds `run.json`; it has the same limit as a document.
  @Test func aLogBeyondItsLimitIsNotRead() throws {
    let empty = (["host": ""] as CanonicalJSON).utf8.count
    func reader(size: Int) throws -> ProgramDirectoryReader {
      var program = try SampleProgram()
      let host = String(repeating: "x", count: size - empty)
      program.files["run.json"] = (["host": .string(host)] as CanonicalJSON).utf8
      return try ProgramDirectoryReader(
        path: program.write(to: directory, name: UUID().uuidString))
    }
    _ = try reader(size: 1 << 20).log()
    let longer = try reader(size: 1 << 20 + 1)
    let error = BundleError.inputOutput(
      path: longer.path + "/run.json", detail: "it is longer than 1048576 bytes")
    #expect(throws: error) { try longer.log() }
  }

  /// A bundle says when its run was performed, so a directory without these times is not packed.
  @Test(
    arguments: [SampleProgram.started, SampleProgram.ended],
    [
      "", "today", "2026-11-24", "2026-11-24T02:03:04.005Z", "2026-11-24T02:03:04.005+01:00",
      "2026-13-24T02:03:04.005+00:00",
    ])
  func aLogSaysWhenTheRunWasPerformed(time: String, other: String) throws {
    var program = try SampleProgram()
    let text = String(decoding: try #require(program.files["run.json"]), as: UTF8.self)
    try #require(text.contains(time))
    program.files["run.json"] = Array(text.replacing(time, with: other).utf8)
    let path = program.write(to: directory)
    let error = BundleError.notARun(
      path: path, detail: "run.json does not say when the run was performed")
    #expect(throws: error) { try FinishedProgram(directory: path, thin: false, excluding: []) }
  }

  @Test func aFileThatBecameShorterIsSaidToHaveChanged() throws {
    let path = try SampleProgram().write(to: directory)
    let run = RecordedProgram(try ProgramDirectoryReader(path: path))
    directory.write([], to: "run/results/out/table.csv")
    let error = #expect(throws: BundleError.self) {
      try run.bytes(of: "results/out/table.csv", 0..<5)
    }
    #expect(error?.reason == .changed)
    for name in ["../x", "results/../x", "run.json"] {
      #expect(throws: BundleError.noSuchMember(name: name)) { try run.read(name) { _ in } }
    }
  }
}
