import Bundles
import Comparison
import Foundation
import RunRecords
import Synchronization
import Testing

@testable import Replay

/// Segments that are replayed at once and find their differences in an order that the test sets.
@Suite struct SegmentsAtOnceTests {
  /// A later segment that finds its difference last does not replace the earlier difference.
  @Test func theEarliestDifferenceIsTheAnswer() throws {
    var run = try FakeTraining().record()
    // The row of step 0 lies in the first segment, that of step 20 in the second.
    for index in 0...1 {
      let honest = run.trace.metrics[index].trainLoss
      run.trace.metrics[index].trainLoss = honest.nextDown
    }
    var replay = Replay(run, with: OrderedTraining(), jobs: 2)
    replay.pace = { _, _, division in Pace(of: division, step: 0, row: 0) }
    let report = try replay.perform()
    #expect(report.division == .init(engines: 2, threads: 1))
    guard case .different(.row(0, _, .same)) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
  }
}

/// The first segment computes its row only after the second has come to its own row. The second
/// then waits until the first has ended.
private struct OrderedTraining: Reexecutor {
  let secondHasCome = Gate()
  let firstHasEnded = Gate()

  func supports(numerics: Int) -> Bool { true }

  func start(
    _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
  ) throws -> any Reexecution {
    OrderedEngine(
      try FakeTraining().start(spec, from: checkpoint, threads: threads),
      isFirst: checkpoint == nil, training: self)
  }
}

private final class OrderedEngine: Reexecution {
  private var engine: any Reexecution
  private let isFirst: Bool
  private let training: OrderedTraining

  init(_ engine: any Reexecution, isFirst: Bool, training: OrderedTraining) {
    self.engine = engine
    self.isFirst = isFirst
    self.training = training
  }

  deinit { if isFirst { training.firstHasEnded.open() } }

  var initialSquaredNorm: Double { engine.initialSquaredNorm }
  var step: Int { engine.step }

  func advance() throws -> Bool { try engine.advance() }

  func metrics() throws -> MetricsRow? {
    if isFirst {
      training.secondHasCome.pass()
    } else {
      training.secondHasCome.open()
      training.firstHasEnded.pass()
      // The first segment's difference is recorded a moment after its engine is gone.
      Thread.sleep(forTimeInterval: 0.05)
    }
    return try engine.metrics()
  }

  func checkpoint() -> Checkpoint { engine.checkpoint() }
}

private final class Gate: Sendable {
  private let isOpen = Mutex(false)

  func open() { isOpen.withLock { $0 = true } }

  /// Waits until the gate is open, but not for ever: one processor replays the segments one by one.
  func pass() {
    for _ in 0..<2000 {
      if isOpen.withLock({ $0 }) { return }
      Thread.sleep(forTimeInterval: 0.001)
    }
  }
}
