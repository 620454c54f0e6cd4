import Catalogue
import Files
import Foundation
import RunRecords
import Synchronization
import Testing
import Training

/// Runs that start from the state of another one.
@Suite struct ForkPointTests {
  private let folder = TemporaryDirectory()

  private func directory(_ name: String) -> RunDirectory { RunDirectory(folder.path + "/" + name) }

  /// A run without checkpoints. `child` is changed at step 13 and logged half as often.
  private let parent: RunSpec = {
    var spec = shortSpec
    spec.checkpointInterval = 0
    return spec
  }()

  private var child: RunSpec {
    var spec = parent
    spec.logInterval = 6
    spec.interventions = [
      Intervention(step: 13, action: .set([.init(key: "batch", value: .number(5))])),
      Intervention(step: 20, action: .scale(.all, by: 0.5)),
    ]
    return spec
  }

  /// Keeps the states of the given steps.
  private final class Keeper: RunObserver {
    let steps: Set<Int>
    let end: Int?
    let kept = Mutex<[Int: ForkPoint]>([:])
    let start = Mutex<RunStart?>(nil)

    init(_ steps: Set<Int>, end: Int? = nil) { (self.steps, self.end) = (steps, end) }

    func begins(_ start: RunStart) { self.start.withLock { $0 = start } }
    func logged(_ row: MetricsRow) {}
    func took(step: Int) -> Bool { step == end }
    func wantsState(of step: Int) -> Bool { steps.contains(step) }
    func keep(_ state: Checkpoint, _ trace: Trace) throws(TrainingError) {
      let start = start.withLock { $0! }
      kept.withLock {
        $0[state.step] = ForkPoint(
          state, trace, environment: start.environment, started: start.started)
      }
    }
  }

  private func memory(
    _ spec: RunSpec, from point: ForkPoint? = nil, _ observer: Keeper = Keeper([])
  ) throws -> MemoryRun {
    try MemoryRun(
      performing: spec, from: point, threads: 1, command: ["test"],
      before: ["plan": .string(point == nil ? "first" : "second")], observer: observer)
  }

  private func point() throws -> ForkPoint {
    let keeper = Keeper([12])
    _ = try memory(parent, keeper)
    return try #require(keeper.kept.withLock { $0[12] })
  }

  @Test func whatGoesOffRecordsWhatADirectRunDoes() throws {
    let direct = try memory(child)
    let point = try point()
    #expect(try RunDirectory.write(point, of: parent, to: directory("point").path))
    let read = try #require(directory("point").readForkPoint(parent, step: 12))
    for point in [point, read] {
      let keeper = Keeper([])
      let run = try memory(child, from: point, keeper)
      let start = try #require(keeper.start.withLock { $0 })
      #expect(start.step == 12)
      #expect(start.trace.metrics.map(\.step) == [0, 6, 12])
      guard case .ended(let outcome) = run.ending, case .ended(let expected) = direct.ending else {
        Issue.record("it ended as \(run.ending) and \(direct.ending)")
        return
      }
      #expect(run.trace == direct.trace)
      #expect(outcome == expected)
      // The run began when its parent did, with what was there before the parent.
      let performed = run.performed(child, trace: run.trace, outcome: outcome)
      #expect(performed.environment["plan"] == "first")
    }
  }

  /// The same state is kept when the run is performed in a directory.
  @Test func fromADirectoryTheStateIsTheSame() throws {
    let keeper = Keeper([12])
    _ = try RunPerformer(spec: parent, directory: directory("run"), threads: 2)
      .perform(resume: false, observer: keeper)
    let kept = try #require(keeper.kept.withLock { $0[12] })
    let run = try memory(child, from: kept)
    #expect(run.trace == (try memory(child)).trace)
  }

  @Test func outOfMemoryItGoesOnInADirectory() throws {
    let run = try memory(child, from: try point(), Keeper([], end: 16))
    #expect(run.ending == .interrupted)
    try run.write(to: directory("run"))
    let (_, observer) = try perform(child, in: directory("run").path)
    #expect(observer.start?.step == 16)
    try perform(child, in: directory("direct").path)
    #expect(results(directory("run").path) == results(directory("direct").path))
  }

  @Test func aStateIsWrittenOnceAndReadWhereItHolds() throws {
    let point = try point()
    let path = directory("point").path
    #expect(try RunDirectory.write(point, of: parent, to: path))
    #expect(try !RunDirectory.write(point, of: parent, to: path))
    #expect(directory("point").readForkPoint(parent, step: 12) != nil)
    #expect(directory("point").readForkPoint(parent, step: 11) == nil)
    #expect(directory("point").readForkPoint(child, step: 12) == nil)
    #expect(directory("nothing").readForkPoint(parent, step: 12) == nil)
    // A run that has ended leaves no state here.
    #expect(try RunDirectory.write(nil, of: parent, to: directory("ended").path))
    #expect(directory("ended").readForkPoint(parent, step: 12) == nil)
    for name in ["trace/metrics.csv", "run.json", "environment.json"] {
      let bytes = try #require(content(path + "/" + name))
      put(Array(bytes.dropLast(20)), path + "/" + name)
      #expect(directory("point").readForkPoint(parent, step: 12) == nil, "\(name)")
      put(bytes, path + "/" + name)
    }
    #expect(directory("point").readForkPoint(parent, step: 12) != nil)
    #expect(throws: TrainingError.self) {
      try RunDirectory.write(point, of: parent, to: folder.path + "/no/such/folder")
    }
  }

  /// Only states up to the given step are taken over, and no outcome.
  @Test func aStateBeyondAStepIsNotTakenOver() throws {
    for step in [4, 10, 25] { try perform(parent, in: directory("\(step)").path, endAfter: step) }
    try perform(parent, in: directory("done").path)
    let others = ["4", "10", "25", "done"].map { directory($0) }
    for (last, expected) in [(9, 4), (10, 10), (24, 10), (25, 25), (34, 25)] {
      let successor = directory("after-\(last)")
      #expect(try successor.takeOver(parent, from: others, through: last))
      let (_, observer) = try perform(parent, in: successor.path)
      #expect(observer.start?.step == expected)
      #expect(results(successor.path) == results(directory("done").path))
    }
    #expect(try !directory("none").takeOver(parent, from: others, through: 3))
  }
}
