import Archive
import Foundation
import RunRecords
import Testing

@testable import Bundles

/// Runs of both kinds, opened as code does that takes either kind.
@Suite struct OpenedRunTests {
  private let directory = TemporaryDirectory()

  /// The paths of a run's directory and its bundle.
  private func paths(_ kind: RunKind) throws -> [String] {
    let run =
      switch kind {
      case .trainer: SampleRun().write(to: directory)
      case .program: try SampleProgram().write(to: directory)
      }
    let bundle = directory.path + "/b"
    try BundleWriter.pack(runDirectory: run, to: bundle)
    return [run, bundle]
  }

  @Test(arguments: RunKind.allCases) func aRunOfEachKindIsOpened(kind: RunKind) throws {
    let paths = try paths(kind)
    for path in paths {
      let run = try OpenedRun(opening: path)
      #expect(run.kind == kind)
      #expect(run.path == path)
      #expect((run.identities == nil) == (path == paths[0]))
      switch kind {
      case .trainer:
        #expect(run.runID == SampleRun().spec.runID)
        #expect(run.table == SampleRun().trace.table)
        #expect(run.config == SampleRun().spec.canonicalJSON)
        #expect(run.outcome == SampleRun().outcome.json)
      case .program:
        let program = try SampleProgram()
        #expect(run.runID == program.spec.runID)
        #expect(run.table == program.metrics)
        #expect(
          run.config == ["optimizer": ["lr": 0.01], "program": "train.py", "seed": 1])
        #expect(run.outcome == program.outcome.json)
      }
    }
  }

  /// The config's own `program` wins over the name of the script.
  @Test func aConfigsOwnKeyStays() throws {
    var program = try SampleProgram()
    program.spec.config = ["program": "mine"]
    program.files["program.json"] = program.spec.bytes
    let run = try OpenedRun(opening: program.write(to: directory))
    #expect(run.config == ["program": "mine"])
  }

  @Test(arguments: RunKind.allCases) func anUnfinishedRunIsOpenedWhereAsked(kind: RunKind) throws {
    let run = try paths(kind)[0]
    try FileManager.default.removeItem(atPath: run + "/outcome.json")
    #expect(throws: BundleError.self) { try OpenedRun(opening: run) }
    switch kind {
    case .trainer: #expect(try OpenedRun(opening: run, unfinished: true).kind == .trainer)
    // What a program found is in one file, which is written last. Before, nothing is settled.
    case .program:
      #expect(throws: BundleError.self) { try OpenedRun(opening: run, unfinished: true) }
    }
  }

  @Test func whatIsNoRunIsNamed() throws {
    let bad = directory.write([1, 2, 3], to: "bad")
    for path in [bad, directory.path, directory.path + "/none"] {
      let error = #expect(throws: BundleError.self) { try OpenedRun(opening: path) }
      #expect(error?.description.contains(path) == true)
    }
  }
}
