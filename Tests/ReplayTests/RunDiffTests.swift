import Bundles
import Comparison
import RunRecords
import Testing

@Suite struct RunDiffTests {
  @Test func equalRunsAreIdentical() throws {
    let diff = try RunDiff(try FakeTraining().record(), try FakeTraining().record())
    #expect(diff.isIdentical)
    #expect(diff.checkpoint?.step == 160)
    #expect(diff.gaps.isEmpty)
    #expect(diff.compared.rows == 9)
    #expect(diff.compared.checkpoints == [0, 40, 80, 120, 160])
    #expect(diff.compared.tensors == 2)
  }

  @Test func thinAndFullAreIdenticalAndTheGapIsNamed() throws {
    let diff = try RunDiff(
      try FakeTraining().record(), try FakeTraining().record(path: "b", stored: false))
    #expect(diff.isIdentical)
    #expect(diff.checkpoint == nil)
    #expect(diff.gaps.map(\.what) == ["tensors"])
  }

  @Test func whyNoTensorsAreComparedIsSaid() throws {
    let full = try FakeTraining().record()
    let thin = try FakeTraining().record(path: "b", stored: false)
    let reason = "b is thin: its checkpoints are listed by digest only"
    for diff in [try RunDiff(full, thin), try RunDiff(thin, full)] {
      #expect(diff.gaps.map(\.reason) == [reason])
    }
    var spec = FakeTraining.spec
    spec.checkpointInterval = 0
    let none = try FakeTraining().record(spec, path: "c")
    for diff in [try RunDiff(none, thin), try RunDiff(thin, none)] {
      #expect(diff.gaps.map(\.reason) == ["c kept no checkpoint"])
    }
    var (early, late) = (full, full)
    early.checkpoints.removeAll { $0.step > 40 }
    late.checkpoints.removeAll { $0.step <= 40 }
    #expect(
      try RunDiff(early, late).gaps.map(\.reason)
        == ["the runs store no checkpoint of the same step"])
  }

  @Test func environmentIsNoDifference() throws {
    var a = try FakeTraining().record()
    var b = a
    a.environment = ["cpu": "x"]
    b.environment = ["cpu": "y"]
    let diff = try RunDiff(a, b)
    #expect(diff.isIdentical)
    #expect(diff.environment.map(\.key) == ["cpu"])
    #expect(try RunDiff(a, b, ignoring: ["environment"]).environment.isEmpty)
    #expect(try RunDiff(a, b, ignoring: ["cpu"]).environment.isEmpty)
  }

  @Test func otherSeedDiffersEverywhere() throws {
    var spec = FakeTraining.spec
    spec.seed += 1
    let diff = try RunDiff(try FakeTraining().record(), try FakeTraining().record(spec))
    #expect(!diff.isIdentical)
    #expect(diff.config.map(\.key) == ["seed"])
    #expect(diff.trace.first.first?.step == 0)
    #expect(diff.checkpoint?.tensors.first?.name == "w")
    // The files of the checkpoints name their run, so they are not compared as files.
    #expect(diff.differingCheckpoints.isEmpty)
    let ignoring = try RunDiff(
      try FakeTraining().record(), try FakeTraining().record(spec),
      ignoring: ["seed", "squared_norm", "parameters_sha256", "outcome", "w"])
    #expect(ignoring.isIdentical)
  }

  @Test func otherLogIntervalComparesTheCommonSteps() throws {
    var spec = FakeTraining.spec
    spec.logInterval = 40
    let diff = try RunDiff(try FakeTraining().record(), try FakeTraining().record(spec))
    #expect(diff.config.map(\.key) == ["log_interval"])
    #expect(diff.trace.commonSteps == 5)
    #expect(diff.trace.commonRowsAreEqual)
    #expect(diff.gaps.map(\.what) == ["the other steps", "4 earlier checkpoints"])
    #expect(!diff.isIdentical)
    let ignoring = try RunDiff(
      try FakeTraining().record(), try FakeTraining().record(spec), ignoring: ["log_interval"])
    #expect(ignoring.isIdentical)
  }

  @Test func forgedCheckpointInTheMiddleIsFoundByTheList() throws {
    let a = try FakeTraining().record()
    let b = try a.replacingCheckpoint(of: 40) { $0.parameters[0].values[0] = 9 }
    let diff = try RunDiff(a, b)
    #expect(!diff.isIdentical)
    #expect(diff.differingCheckpoints == [40])
    #expect(diff.checkpoint?.step == 40)
    #expect(diff.checkpoint?.tensors.count == 1)
  }

  /// A run directory has no list of digests, so its files are hashed.
  @Test func aForgedCheckpointInTheMiddleIsFoundWithoutAList() throws {
    let a = try FakeTraining().record(listed: false)
    for (x, y) in [(a, try FakeTraining().record()), (a, a)] {
      #expect(try RunDiff(x, y).isIdentical)
      var forged = try x.replacingCheckpoint(of: 0) { $0.parameters[0].values[0] = 9 }
      forged.checkpoints = forged.checkpoints.map {
        .init(step: $0.step, digest: nil, isStored: true)
      }
      for diff in [try RunDiff(forged, y), try RunDiff(y, forged)] {
        #expect(!diff.isIdentical)
        #expect(diff.differingCheckpoints == [0])
        #expect(diff.checkpoint?.step == 0)
      }
    }
  }

  @Test func ignoredTensorsDoNotMakeCheckpointsDiffer() throws {
    let a = try FakeTraining().record()
    let b = try a.replacingCheckpoint(of: 40) { $0.optimizer[0].values[0] = 9 }
    #expect(!(try RunDiff(a, b).isIdentical))
    #expect(!(try RunDiff(a, b, ignoring: ["w"]).isIdentical))
    let ignoring = try RunDiff(a, b, ignoring: ["checkpoint.optimizer"])
    #expect(ignoring.isIdentical)
    #expect(ignoring.compared.tensors == 1)
    // Nor does an earlier one, where the last checkpoint differs in what is compared.
    let c = try b.replacingCheckpoint(of: 160) { $0.parameters[0].values[0] = 9 }
    #expect(try RunDiff(a, c).differingCheckpoints == [40, 160])
    let last = try RunDiff(a, c, ignoring: ["checkpoint.optimizer"])
    #expect(last.differingCheckpoints == [160])
    #expect(last.checkpoint?.step == 160)
  }

  @Test func whatIsIgnoredIsNotSaidToBeIdentical() throws {
    var spec = FakeTraining.spec
    spec.seed += 1
    let (a, b) = (try FakeTraining().record(), try FakeTraining().record(spec))
    let sections = ["config", "trace", "outcome", "checkpoint"]
    #expect(throws: ComparisonError.nothingToCompare(ignored: sections)) {
      try RunDiff(a, b, ignoring: sections)
    }
    let outcome = try RunDiff(a, a, ignoring: ["config", "trace", "checkpoint"])
    #expect(outcome.compared == RunDiff.Compared(outcome: true))
    #expect(outcome.ignored == ["config", "trace", "checkpoint"])
    var shorter = a
    shorter.trace.metrics.removeLast()
    shorter.trace.hashes.removeLast()
    #expect(!(try RunDiff(a, shorter, ignoring: ["outcome"]).isIdentical))
    #expect(try RunDiff(a, shorter, ignoring: ["outcome", "trace"]).isIdentical)
  }

  @Test func ofTwoConfigsTheEarlierCheckpointsAreNamedAsNotCompared() throws {
    var spec = FakeTraining.spec
    spec.seed += 1
    let diff = try RunDiff(try FakeTraining().record(), try FakeTraining().record(spec))
    #expect(diff.compared.checkpoints.isEmpty)
    #expect(diff.gaps.map(\.what) == ["4 earlier checkpoints"])
    // The last checkpoint is shown, which is the same, and not an earlier one that differs.
    var other = FakeTraining.spec
    other.batch += 1
    let b = try FakeTraining().record(other)
      .replacingCheckpoint(of: 40) { $0.parameters[0].values[0] = 9 }
    let shown = try #require(try RunDiff(try FakeTraining().record(), b).checkpoint)
    #expect(shown.step == 160 && shown.isEqual)
  }

  @Test func tracesWithoutACommonStepAreNamedAsNotCompared() throws {
    let a = try FakeTraining().record()
    var b = a
    b.trace = Trace()
    let diff = try RunDiff(a, b)
    #expect(!diff.isIdentical)
    #expect(diff.gaps.map(\.what) == ["the traces"])
    #expect(diff.compared.rows == 0)
    #expect(try RunDiff(a, b, ignoring: ["trace"]).gaps.isEmpty)
  }

  @Test func aShorterTraceIsADifference() throws {
    let a = try FakeTraining().record()
    var b = a
    b.trace.metrics.removeLast()
    b.trace.hashes.removeLast()
    #expect(!(try RunDiff(a, b).isIdentical))
  }

  @Test func unknownKeysAreRefused() throws {
    let run = try FakeTraining().record()
    #expect(throws: ComparisonError.unknownKey("seeed")) {
      try RunDiff(run, run, ignoring: ["seed", "seeed"])
    }
    for key in ["config.seed", "optimizer", "optimizer.beta1", "trace.train_loss", "t_mem", "w"] {
      #expect(try RunDiff(run, run, ignoring: [key]).isIdentical)
    }
  }

  @Test func aSectionOfTheConfigIsNotTheOptimizersState() throws {
    let a = try FakeTraining().record()
    let b = try a.replacingCheckpoint(of: 160) { $0.optimizer[0].values[0] = 9 }
    #expect(try RunDiff(a, b, ignoring: ["optimizer"]).checkpoint?.isEqual == false)
    #expect(try RunDiff(a, b, ignoring: ["checkpoint.optimizer"]).checkpoint?.isEqual == true)
  }
}
