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
      error
        == .notARun(
          path: path,
          detail: "the run is not finished: there is no outcome.json. The run of a program can be "
            + "read once it is finished; what it has written is in the directory"))
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
    // Whoever records has chosen the inputs; a program chooses the names of its results.
    for name in ["a:b", "é"] {
      program = try SampleProgram()
      program.files["inputs/" + name] = []
      #expect(error(program)?.reason == .name, "\(name)")
    }
  }

  /// A result that no bundle can hold is no result, and takes nothing from the others.
  @Test(arguments: [
    ("results/out/a:b", "it has the character :"),
    ("results/out/nul\u{7f}", "it is not printable ASCII alone"),
    ("results/work/é.txt", "it is not printable ASCII alone"),
    ("results/work/a\nb", "it is not printable ASCII alone"),
    ("results/work/%FF%FE", "it has the character %"),
    ("results/out/a.", "a part of it ends with a dot"),
    ("results/out/.git/config", "a part of it is .git"),
    ("results/out/table.CSV", "it cannot lie beside results/out/TABLE.csv"),
    ("results/out/table.csv/x", "it cannot lie beside results/out/TABLE.csv"),
  ])
  func aResultThatCannotBeSealedStandsApart(path: String, reason: String) throws {
    var program = try SampleProgram()
    let table = program.files.removeValue(forKey: "results/out/table.csv")
    program.files["results/out/TABLE.csv"] = table
    let whole = RecordedProgram(
      try ProgramDirectoryReader(path: program.write(to: directory, name: "whole")))
    program.files[path] = [1]
    let run = RecordedProgram(
      try ProgramDirectoryReader(path: program.write(to: directory, name: "apart")))
    #expect(run.unsealable == [UnsealableFile(path: path, reason: reason)])
    #expect(run.files == whole.files)
    #expect(run.result == whole.result)
    #expect(whole.unsealable.isEmpty)
  }

  /// To Swift the Kelvin sign is the letter K. To a file system they are two names.
  @Test func aNameIsItsBytes() throws {
    var program = try SampleProgram()
    program.files["results/out/K"] = [1, 2]
    let path = program.write(to: directory)
    let file = unsafe open(path + "/results/out/\u{212A}", O_CREAT | O_WRONLY, 0o600)
    try #require(file >= 0)
    close(file)
    let reader = try ProgramDirectoryReader(path: path)
    #expect(reader.unsealable.map { Array($0.path.utf8.suffix(3)) } == [[0xE2, 0x84, 0xAA]])
    #expect(reader.files.first { $0.path == "results/out/K" }?.size == 2)
  }

  @Test func anAdoptedRunMayHaveWhatCannotBeSealed() throws {
    var program = try SampleProgram(isAdopted: true)
    program.files["results/out/é"] = [1]
    #expect(error(program) == nil)
  }

  /// Only what is left out is not sealed, and the rest is the same bundle.
  @Test func whatCannotBeSealedMustBeExcluded() throws {
    var program = try SampleProgram()
    program.files["results/work/é.txt"] = [1]
    program.files["results/out/Plot.png"] = [2]
    let path = program.write(to: directory)
    func finished(_ patterns: String...) throws -> FinishedProgram {
      try FinishedProgram(
        directory: path, thin: false,
        excluding: try patterns.map { try #require(PathPattern($0)) })
    }
    let both = #expect(throws: BundleError.self) { try finished() }
    #expect(
      both
        == .notARun(
          path: path,
          detail: "results/work/é.txt (and 1 more) cannot be sealed: it is not printable ASCII "
            + "alone; pack --exclude 'results/work/??.txt' leaves it out"))
    let one = #expect(throws: BundleError.self) { try finished("results/work/*.txt") }
    #expect(
      one
        == .notARun(
          path: path,
          detail: "results/out/plot.png cannot be sealed: it cannot lie beside "
            + "results/out/Plot.png; pack --exclude results/out/plot.png leaves it out"))
    let sealed = try finished("results/work/??.txt", "plot.png")
    #expect(sealed.leftOut.entries.isEmpty)
    #expect(sealed.sources.keys.contains(.result("out/Plot.png")))
    #expect(sealed.sources.keys.contains(.result("work/notes.txt")))
    let unused = #expect(throws: BundleError.self) { try finished("*", "nothing") }
    #expect(unused?.description.contains("nothing means none of its results") == true)
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

  /// A result may have any size; it is only not sealed. A sparse file of 8 GiB, and 64 GiB.
  @Test func aResultThatIsTooLargeStandsApart() throws {
    #expect(UnsealableFile.largestSize == BundleLimits().file)
    for size in [UInt64(8) << 30, UInt64(64) << 30] {
      let path = try SampleProgram().write(to: directory, name: "\(size)")
      let file = try #require(
        FileHandle(forWritingAtPath: path + "/results/out/table.csv"))
      try file.truncate(atOffset: size)
      let reader = try ProgramDirectoryReader(path: path)
      #expect(
        reader.unsealable == [
          UnsealableFile(path: "results/out/table.csv", reason: "it has 8 GiB or more")
        ])
      #expect(!reader.files.contains { $0.path == "results/out/table.csv" })
    }
  }

  @Test(arguments: [
    "program.json", "trace/metrics.csv", "inputs/train.py",
    "checkpoints/step-00000010.safetensors",
  ])
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
