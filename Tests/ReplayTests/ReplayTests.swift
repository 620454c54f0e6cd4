import Bundles
import Comparison
import Replay
import RunRecords
import Synchronization
import Testing

/// The answer is the same with one job, with several, and with more jobs than segments.
@Suite struct ReplayTests {
  static let jobs = [1, 2, 3, 16]

  @Test(arguments: jobs)
  func honestRecordIsIdentical(jobs: Int) throws {
    let run = try FakeTraining().record()
    let report = try Replay(run, with: FakeTraining(), jobs: jobs).perform()
    #expect(report.verdict == .identical)
    // Grokked at 80; the run ends after the first logged step greater than 140.
    #expect(report.rowsCompared == 9)
    #expect(report.checkpointsCompared == 5)
    #expect(report.stepsExecuted == 161)
    #expect(report.segments == (jobs == 1 ? 1 : 5))
    #expect(!report.fellBackToOneSegment)
    #expect(report.divergedBy == nil)
  }

  @Test(arguments: jobs)
  func thinRecordIsComparedByItsList(jobs: Int) throws {
    let run = try FakeTraining().record(stored: false)
    let report = try Replay(run, with: FakeTraining(), jobs: jobs).perform()
    #expect(report.verdict == .identical)
    #expect(report.checkpointsCompared == 5)
    #expect(report.segments == 1)
    #expect(report.fellBackToOneSegment == (jobs > 1))
  }

  @Test(arguments: jobs)
  func unlistedCheckpointsAreComparedByTheirBytes(jobs: Int) throws {
    let run = try FakeTraining().record(listed: false)
    #expect(try Replay(run, with: FakeTraining(), jobs: jobs).perform().verdict == .identical)
    let forged = try run.replacingCheckpoint(of: 80) { $0.parameters[0].values[3] = 7 }
    let finding = try Self.finding(forged, jobs: jobs)
    #expect(finding.step == 80)
  }

  @Test(arguments: jobs)
  func editedRowIsNamedAndTheStateFoundTheSame(jobs: Int) throws {
    var run = try FakeTraining().record()
    let honest = run.trace.metrics[3].trainLoss
    run.trace.metrics[3].trainLoss = honest.nextDown.nextDown
    run.trace.metrics[6].trainLoss = 0
    guard case .row(60, let cells, .same) = try Self.finding(run, jobs: jobs) else {
      Issue.record("the edited row of step 60 was not found")
      return
    }
    #expect(cells.map(\.column) == ["train_loss"])
    #expect(cells.map(\.a) == [.number(honest.nextDown.nextDown)])
    #expect(cells.map(\.b) == [.number(honest)])
    #expect(cells.map(\.ulps) == [2])
  }

  /// The disturbance at step 50 shows in the row of step 60, and element by element in the
  /// checkpoint of step 80.
  @Test(arguments: jobs)
  func otherArithmeticIsNamedByRowAndTensor(jobs: Int) throws {
    let run = try FakeTraining().record()
    let disturbed = FakeTraining(disturbedStep: 50)
    let report = try Replay(run, with: disturbed, jobs: jobs).perform()
    guard case .different(.row(60, let cells, .checkpoint(let difference))) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
    #expect(cells.map(\.column).contains("parameters_sha256"))
    #expect(!cells.map(\.column).contains("optimizer_sha256"))
    #expect(difference.step == 80)
    #expect(difference.tensors.map(\.name) == ["w"])
    guard case .values(let values) = try #require(difference.tensors.first).kind else {
      Issue.record("\(difference.tensors)")
      return
    }
    #expect(values.first.index == [1, 0])
    #expect(report.rowsCompared == 3)
    #expect(report.checkpointsCompared == 2)
  }

  @Test(arguments: jobs)
  func withoutStoredCheckpointTheStateIsUnknown(jobs: Int) throws {
    let run = try FakeTraining().record(stored: false)
    let report = try Replay(run, with: FakeTraining(disturbedStep: 50), jobs: jobs).perform()
    guard case .different(.row(60, _, .unknown)) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
  }

  /// The next stored checkpoint after the row that differs is never reached.
  @Test(arguments: jobs)
  func aReplayThatDivergesAfterItsDifferenceSaysThatTheStateIsUnknown(jobs: Int) throws {
    let run = try FakeTraining().record()
    let disturbed = FakeTraining(disturbedStep: 50, divergingStep: 70)
    let report = try Replay(run, with: disturbed, jobs: jobs).perform()
    guard case .different(.row(60, _, .unknown)) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
  }

  @Test(arguments: jobs)
  func forgedCheckpointIsNamedByItsElement(jobs: Int) throws {
    let run = try FakeTraining().record()
      .replacingCheckpoint(of: 120) { $0.parameters[0].values[1] += 1 }
    guard case .checkpoint(120, let difference?) = try Self.finding(run, jobs: jobs) else {
      Issue.record("the forged checkpoint was not found")
      return
    }
    guard case .values(let values) = try #require(difference.tensors.first).kind else {
      Issue.record("\(difference.tensors)")
      return
    }
    #expect(values.first.index == [0, 1])
    #expect(values.differing == 1)
  }

  @Test(arguments: jobs)
  func editedOutcomeIsNamed(jobs: Int) throws {
    var run = try FakeTraining().record()
    run.outcome = try run.outcome.setting(["t_grok": 60, "v_initial": 99])
    guard case .outcome(160, let keys) = try Self.finding(run, jobs: jobs) else {
      Issue.record("the edited outcome was not found")
      return
    }
    #expect(keys.map(\.key) == ["t_grok", "v_initial"])
    #expect(keys.map(\.a) == [60, 99])
    #expect(keys.map(\.b) == [80, 100])
    #expect(try Replay(run, with: FakeTraining(), jobs: jobs).perform().rowsCompared == 9)
  }

  @Test(arguments: jobs)
  func rowsMustBeThoseTheConfigDemands(jobs: Int) throws {
    let run = try FakeTraining().record()
    var shorter = run
    shorter.trace.metrics.removeLast()
    shorter.trace.hashes.removeLast()
    #expect(try Self.finding(shorter, jobs: jobs) == .noRow(step: 160))
    var gap = run
    gap.trace.metrics.remove(at: 2)
    gap.trace.hashes.remove(at: 2)
    #expect(try Self.finding(gap, jobs: jobs) == .noRow(step: 40))
    var longer = run
    longer.trace.metrics.append(run.trace.metrics[8])
    longer.trace.hashes.append(run.trace.hashes[8])
    longer.trace.metrics[9].step = 180
    longer.trace.hashes[9].step = 180
    #expect(try Self.finding(longer, jobs: jobs) == .unexpectedRow(step: 180))
    var between = run
    between.trace.metrics[4].step = 75
    between.trace.hashes[4].step = 75
    #expect(try Self.finding(between, jobs: jobs) == .unexpectedRow(step: 75))
  }

  @Test(arguments: jobs)
  func checkpointsMustBeThoseTheConfigDemands(jobs: Int) throws {
    var run = try FakeTraining().record()
    let all = run.checkpoints
    run.checkpoints = all.filter { $0.step != 80 }
    #expect(try Self.finding(run, jobs: jobs) == .noCheckpoint(step: 80))
    run.checkpoints = all + [.init(step: 161, digest: nil, isStored: false)]
    #expect(try Self.finding(run, jobs: jobs) == .unexpectedCheckpoint(step: 161))
    run.checkpoints = []
    #expect(try Self.finding(run, jobs: jobs) == .noCheckpoint(step: 0))
  }

  @Test(arguments: jobs)
  func divergenceIsReplayedToo(jobs: Int) throws {
    let diverging = FakeTraining(divergingStep: 70)
    let run = try diverging.record()
    #expect(run.outcome["stop_reason"] == "diverged")
    let report = try Replay(run, with: diverging, jobs: jobs).perform()
    #expect(report.verdict == .identical)
    #expect(report.rowsCompared == 4)
    #expect(report.divergedBy == 80)
    let stable = try Replay(run, with: FakeTraining(), jobs: jobs).perform()
    #expect(stable.verdict == .different(.didNotDiverge(step: 80)))
    let honest = try FakeTraining().record()
    let broken = try Replay(honest, with: diverging, jobs: jobs).perform()
    #expect(broken.verdict == .different(.diverged(step: 70)))
  }

  @Test func divergenceAtTheFirstStepLeavesNoRow() throws {
    let diverging = FakeTraining(divergingStep: 0)
    let run = try diverging.record()
    #expect(run.trace.metrics.isEmpty)
    #expect(try Replay(run, with: diverging, jobs: 2).perform().verdict == .identical)
  }

  /// SPEC.md 3.15: a loss must stop being finite no later than in the next row that the config
  /// demands. For a record without rows this is the row of step 0.
  @Test(arguments: jobs, [5, 19, 20, 70])
  func aForgedRecordWithoutRowsIsDifferent(jobs: Int, divergingStep: Int) throws {
    let forged = try FakeTraining(divergingStep: 0).record()
    let replay = Replay(forged, with: FakeTraining(divergingStep: divergingStep), jobs: jobs)
    #expect(try replay.perform().verdict == .different(.didNotDiverge(step: 0)))
  }

  @Test(arguments: jobs, [0, 60])
  func aRowThatIsNotFiniteIsADivergence(jobs: Int, step: Int) throws {
    let diverging = FakeTraining(stepWithoutRow: step)
    let run = try diverging.record()
    #expect(run.outcome["stop_reason"] == "diverged")
    #expect(run.trace.metrics.count == step / 20)
    let report = try Replay(run, with: diverging, jobs: jobs).perform()
    #expect(report.verdict == .identical)
    #expect(report.isOutcomeCompared)
    let stable = try Replay(run, with: FakeTraining(), jobs: jobs).perform()
    #expect(stable.verdict == .different(.didNotDiverge(step: step)))
    let early = try Replay(
      try FakeTraining().record(), with: diverging, jobs: jobs
    ).perform()
    #expect(early.verdict == .different(.diverged(step: step)))
  }

  /// Rows are removed from the end of a record that says it diverged.
  @Test(arguments: jobs, 0...3)
  func aDivergedRecordWithFewerRowsIsDifferent(jobs: Int, rows: Int) throws {
    let diverging = FakeTraining(divergingStep: 70)
    var run = try diverging.record()
    run.trace.metrics.removeLast(4 - rows)
    run.trace.hashes.removeLast(4 - rows)
    run.checkpoints.removeAll { $0.step >= 20 * rows }
    let report = try Replay(run, with: diverging, jobs: jobs).perform()
    #expect(report.verdict == .different(.didNotDiverge(step: 20 * rows)))
  }

  @Test func unknownNumericsCannotBeReplayed() throws {
    var run = try FakeTraining().record()
    run.config = try run.config.setting(["numerics": 2])
    let report = try Replay(run, with: FakeTraining(), jobs: 1).perform()
    #expect(report.verdict == .impossible(.unknownNumerics(2)))
  }

  @Test(arguments: jobs)
  func progressRises(jobs: Int) throws {
    let run = try FakeTraining().record()
    let seen = Mutex<[ReplayProgress]>([])
    _ = try Replay(run, with: FakeTraining(), jobs: jobs)
      .perform(progress: { progress in seen.withLock { $0.append(progress) } })
    let steps = seen.withLock { $0.map(\.stepsDone) }
    #expect(steps == steps.sorted())
    #expect(seen.withLock { $0.allSatisfy { $0.stepsTotal == 161 } })
  }

  /// For an honest record it looks after each of these steps; after a difference it stops looking.
  @Test(arguments: jobs)
  func anObserverLooksAfterTheStepsOfItsInterval(jobs: Int) throws {
    func looked(_ training: FakeTraining) throws -> [Int] {
      let steps = Mutex<[Int]>([])
      let observer = Replay.Observer(interval: 30) { run in steps.withLock { $0.append(run.step) } }
      let run = try FakeTraining().record()
      _ = try Replay(run, with: training, jobs: jobs, observer: observer).perform()
      return steps.withLock { $0.sorted() }
    }
    #expect(try looked(FakeTraining()) == [0, 30, 60, 90, 120, 150])
    if jobs == 1 { #expect(try looked(FakeTraining(disturbedStep: 50)) == [0, 30]) }
  }

  struct UnexpectedVerdict: Error {
    var verdict: ReplayReport.Verdict
  }

  /// The first difference of a replay; fails when there is none.
  static func finding(_ run: RecordedRun, jobs: Int) throws -> ReplayFinding {
    let report = try Replay(run, with: FakeTraining(), jobs: jobs).perform()
    guard case .different(let finding) = report.verdict else {
      throw UnexpectedVerdict(verdict: report.verdict)
    }
    return finding
  }
}
