private import Bundles
private import Catalogue
internal import Files
internal import RunRecords
private import Synchronization
internal import Training

/// How fast one worker is, in `SweepEstimate.work` a second, for each kind of run in a sweep.
public struct SweepSpeed: Sendable {
  /// What the time of a step depends on.
  private struct Kind: Hashable {
    var task: TaskSpec
    var model: ModelSpec
    var batch: Int

    init(_ trajectory: Trajectory) {
      let spec = trajectory.base
      (task, model, batch) = (spec.task, spec.model, spec.batch)
    }
  }

  private var measured: [Kind: Double] = [:]
  /// The speed of a kind that has not been measured.
  private var usual: Double
  /// Steps a second of the first trajectory, without logging; 0 if there is none.
  public let firstStepsPerSecond: Double

  /// Seconds to derive, write and seal a cell.
  private(set) var secondsPerCell = 0.007

  /// How many kinds of run have been measured.
  public var kindCount: Int { measured.count }

  /// Uses one speed for all kinds: that of the first trajectory.
  public init(stepsPerSecond: Double, ofFirst trajectories: [Trajectory]) {
    firstStepsPerSecond = stepsPerSecond
    usual =
      stepsPerSecond
      * (trajectories.first.map { SweepEstimate.work(ofStepOf: $0.base) } ?? 1)
  }

  /// Measures each kind of run for a short time, all kinds together for about `seconds`, those with
  /// the smallest steps first. A kind for which there is no time left is assumed to be as fast as
  /// the last one measured.
  ///
  /// - Parameter jobs: How many workers will work at once. They slow each other down, so they are
  ///   measured together.
  public init(measuring trajectories: [Trajectory], jobs: Int, seconds: Double = 2) throws {
    guard let first = trajectories.first else {
      self.init(stepsPerSecond: 1, ofFirst: [])
      return
    }
    var samples: [Kind: RunSpec] = [:]
    for trajectory in trajectories where samples[Kind(trajectory)] == nil {
      samples[Kind(trajectory)] = trajectory.base
    }
    let kinds = samples.sorted {
      (SweepEstimate.work(ofStepOf: $0.value), $0.value.runID)
        < (SweepEstimate.work(ofStepOf: $1.value), $1.value.runID)
    }
    let start = monotonicSeconds()
    var last: Double?
    var measured: [Kind: Double] = [:]
    for (index, (kind, spec)) in kinds.enumerated() {
      let left = seconds - (monotonicSeconds() - start)
      if let last, SweepEstimate.work(ofStepOf: spec) / last > left || left <= 0 { break }
      last = try Self.mean(of: jobs) {
        try Self.workPerSecond(of: spec, seconds: left / Double(kinds.count - index))
      }
      measured[kind] = last
    }
    let usual = last ?? 1
    let step = SweepEstimate.work(ofStepOf: first.base)
    self.init(
      stepsPerSecond: (measured[Kind(first)] ?? usual) / step, ofFirst: trajectories)
    self.measured = measured
    self.usual = usual
    // If it cannot be tried, the usual time is used.
    let speed = workPerSecond(of: first)
    let overhead = try? Self.mean(of: jobs) {
      try Self.secondsPerCell(first, workPerSecond: speed) ?? secondsPerCell
    }
    if let overhead { secondsPerCell = overhead }
  }

  /// The mean result of `measure` on `jobs` threads at once, as far as there are processors for
  /// them.
  private static func mean(of jobs: Int, _ measure: () throws -> Double) throws -> Double {
    let count = min(jobs, Machine.processors)
    let results = Mutex<[Result<Double, any Error>]>([])
    Concurrency.perform(count) { _ in
      let result = Result { try measure() }
      results.withLock { $0.append(result) }
    }
    return try results.withLock { $0 }.reduce(0) { try $0 + $1.get() } / Double(count)
  }

  /// The time that a cell takes in addition to its steps. Performs some cells from their claim to
  /// their seal, in the directory for temporary files, and removes them again. Nil if a step takes
  /// too long to try this.
  private static func secondsPerCell(
    _ trajectory: Trajectory, workPerSecond: Double
  ) throws -> Double? {
    var spec = trajectory.base
    let secondsPerStep = SweepEstimate.work(ofStepOf: spec) / workPerSecond
    guard secondsPerStep < 0.05 else { return nil }
    spec.checkpointInterval = 0
    spec.maxSteps = max(1, min(SweepEstimate.expectedSteps(trajectory), Int(0.02 / secondsPerStep)))
    let folder = ProcessFacts.temporaryDirectory + "/regrok-" + ProcessFacts.randomWord()
    try FileTree.makeDirectory(folder)
    defer { try? FileTree.remove(folder) }
    let claims = Claims(folder, clock: { monotonicSeconds() })
    var start = 0.0
    let (warming, times) = (5, 20)
    for time in 0..<warming + times {
      // The first times also fill caches.
      if time == warming { start = monotonicSeconds() }
      guard case .mine(let claim) = try claims.claim("cell") else { return nil }
      let run = try MemoryRun(
        performing: spec, threads: 1, command: [Software.name, "sweep"], before: [:],
        observer: Silence())
      guard case .ended(let outcome) = run.ending else { return nil }
      let bundle = BundleWriter.prepare(
        run.performed(spec, trace: run.trace, outcome: outcome), thin: true)
      let path = "\(folder)/\(time)"
      _ = try BundleWriter.write(bundle, through: path + ".new", to: path)
      claims.finish(claim)
    }
    let seconds = (monotonicSeconds() - start) / Double(times)
    return max(
      0, seconds - SweepEstimate.work(of: trajectory, steps: spec.maxSteps) / workPerSecond)
  }

  private struct Silence: RunObserver {
    func begins(_ start: RunStart) {}
    func logged(_ row: MetricsRow) {}
    func took(step: Int) -> Bool { false }
  }

  func workPerSecond(of trajectory: Trajectory) -> Double { measured[Kind(trajectory)] ?? usual }

  /// The largest step that is measured, in `SweepEstimate.work`. A run with larger steps is
  /// measured with a smaller batch.
  private static let largestStep = 1e9

  private static func workPerSecond(of spec: RunSpec, seconds: Double) throws -> Double {
    var spec = spec
    let most = largestStep / Double(spec.parameterCount)
    spec.batch = max(1, min(spec.batch, Int(most.rounded(.down))))
    let engine = try RunEngine(spec: spec, threads: 1)
    var steps = 0.0
    // The first step also fills caches, so it counts only if there is no other.
    var start = monotonicSeconds()
    var elapsed = 0.0
    do throws(TrainingError) {
      try engine.advance()
      elapsed = monotonicSeconds() - start
      start = monotonicSeconds()
      while monotonicSeconds() - start < seconds - elapsed {
        try engine.advance()
        steps += 1
      }
    } catch .diverged {
      // The steps before the divergence have been timed.
    }
    let rest = monotonicSeconds() - start
    return (steps > 0 ? steps / rest : 1 / max(elapsed, rest, 1e-9))
      * SweepEstimate.work(ofStepOf: spec)
  }
}
