import Archive
public import Bundles
internal import Comparison
import Digests
import Files
import RunRecords
import Synchronization

/// Performs a recorded run again and compares it with its record on the way: every row of metrics
/// and hashes, every checkpoint, and at the end the outcome. It stops at the first difference.
public struct Replay: Sendable {
  private let run: RecordedRun
  private let reexecutor: any Reexecutor
  private let jobs: Int
  private let extent: ReplayExtent
  private let keep: @Sendable (Int, [UInt8]) throws -> Void
  private let observer: Observer?
  /// Measures how fast a division of the jobs is. Tests replace it.
  var pace: @Sendable (RunSpec, any Reexecutor, ReplayDivision) throws -> Pace = {
    try Pace(of: $0, by: $1, in: $2)
  }

  /// Looks at a run's state while the run is performed again.
  public struct Observer: Sendable {
    /// It looks after each step that this divides, including step 0.
    public var interval: Int
    /// It looks after this step, too.
    public var also: Int?
    /// Called, on any thread, with the run once its records up to that step have been found
    /// identical. It must not advance the run.
    public var look: @Sendable (any Reexecution) throws -> Void

    public init(
      interval: Int, also: Int? = nil, look: @escaping @Sendable (any Reexecution) throws -> Void
    ) {
      precondition(interval > 0, "a look every \(interval) steps")
      self.interval = interval
      self.also = also
      self.look = look
    }

    fileprivate func looks(after step: Int) -> Bool { step % interval == 0 || step == also }
  }

  /// - Parameters:
  ///   - jobs: The number of threads that compute. They are divided between segments that are
  ///     replayed at once, each from one stored checkpoint to the next, and threads within a
  ///     segment. A short timing decides how, where it matters. Without stored checkpoints there is
  ///     one segment.
  ///   - extent: Which segments are replayed. The bundle's identity chooses the part of a run, so a
  ///     sample needs a sealed bundle.
  ///   - keep: Called, on any thread, with the step and bytes of every checkpoint that is identical
  ///     to the record.
  public init(
    _ run: RecordedRun, with reexecutor: any Reexecutor, jobs: Int, extent: ReplayExtent = .whole,
    observer: Observer? = nil,
    keep: @escaping @Sendable (Int, [UInt8]) throws -> Void = { _, _ in }
  ) {
    precondition(jobs > 0, "\(jobs) jobs")
    self.run = run
    self.reexecutor = reexecutor
    self.jobs = jobs
    self.extent = extent
    self.keep = keep
    self.observer = observer
  }

  /// - Parameters:
  ///   - begins: Called once before the replay, when it is known what there is to do.
  ///   - progress: Called from time to time, on any thread, but by one thread at a time.
  public func perform(
    begins: (ReplayEstimate) -> Void = { _ in },
    progress: @escaping @Sendable (ReplayProgress) -> Void = { _ in }
  ) throws -> ReplayReport {
    let start = ContinuousClock.now
    guard let numerics = run.numerics else {
      throw ReplayError.record(path: run.path, member: "config.json", reason: "it has no numerics")
    }
    guard reexecutor.supports(numerics: numerics) else {
      return ReplayReport(run: run, verdict: .impossible(.unknownNumerics(numerics)))
    }
    let spec: RunSpec
    do throws(RecordError) {
      spec = try RunSpec(json: run.config)
    } catch {
      throw ReplayError.record(path: run.path, member: "config.json", reason: error.description)
    }
    let plan = ReplayPlan(
      spec: spec, trace: run.trace, checkpointSteps: run.checkpoints.map(\.step),
      diverged: run.outcome["stop_reason"] == .string(Outcome.StopReason.diverged.rawValue))
    let all = segments(of: plan)
    let choice = try choose(from: all, of: plan, spec: spec)
    let segments = choice.segments
    begins(
      ReplayEstimate(
        steps: segments.stepCount, segments: segments.count, division: choice.division,
        seconds: choice.seconds))
    let performance = Performance(
      run: run, record: RecordToMeet(spec: spec, plan: plan, trace: run.trace),
      reexecutor: reexecutor, segments: segments,
      division: choice.division, start: start, keep: keep, observer: observer, progress: progress)
    let finding = try performance.perform()
    var report = ReplayReport(run: run, verdict: finding.map { .different($0) } ?? .identical)
    func isReplayed(_ step: Int) -> Bool { segments.contains { $0.contains(step) } }
    report.rowsCompared = plan.loggedSteps.count {
      isReplayed($0) && finding?.isAfterRow(of: $0) ?? true
    }
    report.checkpointsCompared = plan.checkpointSteps.count {
      isReplayed($0) && finding?.isAfterCheckpoint(of: $0) ?? true
    }
    if let seed = extent.seed {
      report.sample = ReplaySample(
        segments: segments.count, of: all.count, seed: seed,
        stepShare: Double(segments.stepCount) / Double(max(1, all.stepCount)))
    }
    report.isOutcomeCompared = finding == nil && report.isWhole
    if finding == nil && plan.stopReason == .diverged && isReplayed(plan.lastStepTaken) {
      report.divergedBy = plan.lastStepTaken
    }
    report.stepsExecuted = performance.stepsExecuted
    report.segments = segments.count
    report.jobs = jobs
    report.division = choice.division
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  /// What is replayed, how, and in about how many seconds.
  private struct Choice {
    var segments: [Segment]
    var division: ReplayDivision
    var seconds: Double
  }

  /// The division of the jobs that completes the most segments. Among equal ones, the fastest.
  private func choose(
    from all: [Segment], of plan: ReplayPlan, spec: RunSpec
  ) throws -> Choice {
    let order = try order(of: all)
    var best: Choice?
    for division in ReplayDivision.candidates(
      jobs: jobs, segments: extent.greatestCount(of: all.count))
    {
      let pace = try self.pace(spec, reexecutor, division)
      var segments = all
      if let order {
        let count = extent.count(
          of: order.map { pace.seconds(for: all[$0], of: plan) / Double(division.engines) })
        segments = order.prefix(count).sorted().map { all[$0] }
      }
      let seconds = pace.seconds(for: segments, of: plan)
      if best.map({ (-segments.count, seconds) < (-$0.segments.count, $0.seconds) }) ?? true {
        let engines = min(division.engines, segments.count)
        best = Choice(
          segments: segments, division: .init(engines: engines, threads: division.threads),
          seconds: seconds)
      }
      // Trying another division would take longer than it could save.
      if seconds < 1 { break }
    }
    return best!
  }

  /// The segments in the order in which a sample takes them; nil if all are replayed.
  private func order(of segments: [Segment]) throws -> [Int]? {
    guard let seed = extent.seed else { return nil }
    guard let bundle = run.identities?.bundle else {
      throw ReplayError.unreadable(
        path: run.path, reason: "only of a sealed bundle a sample can be chosen")
    }
    return ReplaySample.order(of: segments.count, bundle: bundle, seed: seed)
  }

  /// One segment; or, with several jobs or for a sample, one from each stored checkpoint to the
  /// next.
  private func segments(of plan: ReplayPlan) -> [Segment] {
    let last = plan.lastStepTaken
    var cuts: [Int] = []
    if jobs > 1 || extent.seed != nil {
      let stored = Set(run.checkpoints.lazy.filter(\.isStored).map(\.step))
      cuts = plan.checkpointSteps.filter { stored.contains($0) && $0 < last }
    }
    return zip([nil] + cuts, cuts + [last]).map { Segment(start: $0, last: $1) }
  }
}

/// The steps after the stored checkpoint of `start` (nil: from the first step) through `last`.
struct Segment: Sendable {
  var start: Int?
  var last: Int
  var count: Int { last - (start ?? -1) }
  func contains(_ step: Int) -> Bool { step > start ?? -1 && step <= last }
}

extension [Segment] {
  /// The steps of all segments together.
  fileprivate var stepCount: Int { reduce(0) { $0 + $1.count } }
}

/// How far a replay has got.
public struct ReplayProgress: Sendable, Hashable {
  public var stepsDone: Int
  public var stepsTotal: Int
  public var secondsElapsed: Double

  /// Estimated from the speed so far; nil before the first step.
  public var secondsLeft: Double? {
    stepsDone > 0
      ? secondsElapsed / Double(stepsDone) * Double(stepsTotal - stepsDone) : nil
  }
}

/// A replay in progress: the state that its threads share.
private final class Performance: Sendable {
  let run: RecordedRun
  let record: RecordToMeet
  var spec: RunSpec { record.spec }
  var plan: ReplayPlan { record.plan }
  let reexecutor: any Reexecutor
  let segments: [Segment]
  let division: ReplayDivision
  let start: ContinuousClock.Instant
  let keep: @Sendable (Int, [UInt8]) throws -> Void
  let observer: Replay.Observer?
  let progress: @Sendable (ReplayProgress) -> Void
  let checkpoints: [Int: RecordedRun.KeptCheckpoint]

  private struct State {
    var nextSegment = 0
    /// The first segment that found a difference or failed. Later segments are no longer needed.
    var end = Int.max
    var result: Result<ReplayFinding?, any Error> = .success(nil)
    var stepsExecuted = 0
    var nextReport: Duration = .milliseconds(100)
    var initialSquaredNorm: Double?
  }
  private let state = Mutex(State())

  init(
    run: RecordedRun, record: RecordToMeet, reexecutor: any Reexecutor,
    segments: [Segment], division: ReplayDivision, start: ContinuousClock.Instant,
    keep: @escaping @Sendable (Int, [UInt8]) throws -> Void, observer: Replay.Observer?,
    progress: @escaping @Sendable (ReplayProgress) -> Void
  ) {
    self.run = run
    self.record = record
    self.reexecutor = reexecutor
    self.segments = segments
    self.division = division
    self.start = start
    self.keep = keep
    self.observer = observer
    self.progress = progress
    checkpoints = Dictionary(
      run.checkpoints.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
  }

  var stepsExecuted: Int { state.withLock { $0.stepsExecuted } }

  func perform() throws -> ReplayFinding? {
    Concurrency.perform(division.engines) { _ in
      while let index = nextSegment() {
        let result = Result { try perform(index) }
        if case .success(nil) = result { continue }
        state.withLock { state in
          guard index < state.end else { return }
          state.end = index
          state.result = result
        }
      }
    }
    let (result, initialSquaredNorm) = state.withLock { ($0.result, $0.initialSquaredNorm) }
    if let finding = try result.get() ?? plan.departure { return finding }
    return compareOutcome(initialSquaredNorm: initialSquaredNorm)
  }

  private func nextSegment() -> Int? {
    state.withLock { state in
      guard state.nextSegment < min(segments.count, state.end) else { return nil }
      defer { state.nextSegment += 1 }
      return state.nextSegment
    }
  }

  /// The first difference in a segment. Also nil if an earlier segment made this one unnecessary.
  private func perform(_ index: Int) throws -> ReplayFinding? {
    let segment = segments[index]
    let first = try segment.start.map { try run.checkpoint(step: $0) }
    var engine = try reexecutor.start(spec, from: first, threads: division.threads)
    if segment.start == nil {
      let norm = engine.initialSquaredNorm
      state.withLock { $0.initialSquaredNorm = norm }
    }
    while engine.step < segment.last {
      let step = engine.step + 1
      guard try engine.advance() else { return record.divergence(at: step) }
      guard countStep(of: index) else { return nil }
      if step > plan.lastStep {
        // The record says that the loss is not finite before the next row or in it.
        guard step == segment.last else { continue }
        return try engine.metrics() == nil ? nil : .didNotDiverge(step: step)
      }
      if record.hasRow(step) {
        guard let replayed = try engine.metrics() else { return record.divergence(at: step) }
        let cells = record.cells(otherThan: (replayed, engine.checkpoint().hashes))
        if !cells.isEmpty {
          let state = try evidence(cells, at: step, &engine)
          return .row(step: step, cells, state: state)
        }
      }
      if let kept = checkpoints[step], let finding = try compare(kept, engine.checkpoint()) {
        return finding
      }
      if let observer, observer.looks(after: step) { try observer.look(engine) }
    }
    return nil
  }

  private func compare(
    _ kept: RecordedRun.KeptCheckpoint, _ replayed: Checkpoint
  ) throws -> ReplayFinding? {
    let bytes = Safetensors.encode(replayed, runID: run.runID, numerics: spec.numerics)
    if let digest = kept.digest {
      guard digest != Digest(of: bytes) else {
        try keep(kept.step, bytes)
        return nil
      }
      return .checkpoint(
        step: kept.step,
        kept.isStored ? CheckpointDifference(try run.checkpoint(step: kept.step), replayed) : nil)
    }
    guard try run.checkpointBytes(step: kept.step) != bytes else {
      try keep(kept.step, bytes)
      return nil
    }
    return .checkpoint(
      step: kept.step, CheckpointDifference(try run.checkpoint(step: kept.step), replayed))
  }

  /// Goes on to the next stored checkpoint, if the state at `step` is not the recorded one.
  private func evidence(
    _ cells: [CellDifference], at step: Int, _ engine: inout any Reexecution
  ) throws -> StateEvidence {
    guard cells.contains(where: { $0.ulps == nil }) else { return .same }
    let next = plan.checkpointSteps.first { $0 >= step && checkpoints[$0]?.isStored == true }
    guard let next else { return .unknown }
    while engine.step < next {
      guard try engine.advance() else { return .unknown }
    }
    return .checkpoint(CheckpointDifference(try run.checkpoint(step: next), engine.checkpoint()))
  }

  private func compareOutcome(initialSquaredNorm: Double?) -> ReplayFinding? {
    // A sample without the first segment does not know V before the first update; the report then
    // says that the outcome was not compared. The rest of the outcome follows from the trace.
    guard let initialSquaredNorm else { return nil }
    return record.finding(outcome: run.outcome, initialSquaredNorm: initialSquaredNorm)
  }

  /// Counts a step and reports progress. Returns false if the segment is no longer needed.
  private func countStep(of index: Int) -> Bool {
    state.withLock { state in
      state.stepsExecuted += 1
      let elapsed = ContinuousClock.now - start
      if elapsed >= state.nextReport {
        state.nextReport = elapsed + .milliseconds(100)
        progress(
          ReplayProgress(
            stepsDone: state.stepsExecuted, stepsTotal: segments.stepCount,
            secondsElapsed: elapsed / .seconds(1)))
      }
      return index < state.end
    }
  }
}
