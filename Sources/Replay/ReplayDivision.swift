private import Files
import RunRecords
private import Synchronization

/// How the jobs of a replay are divided between segments at once and threads within each segment.
///
/// Segments do not wait for each other, but each has its own state, and the states compete for the
/// caches. The threads of one engine share its state. Which is faster depends on the model and the
/// machine, so it is measured.
public struct ReplayDivision: Sendable, Hashable {
  /// How many segments are replayed at once.
  public var engines: Int
  /// The threads of each engine.
  public var threads: Int

  /// The divisions worth trying: as many engines as there can be, half as many, and so on down to
  /// one.
  static func candidates(jobs: Int, segments: Int) -> [ReplayDivision] {
    let most = min(jobs, segments)
    return sequence(first: most) { $0 > 1 ? $0 / 2 : nil }
      .map { ReplayDivision(engines: $0, threads: jobs / $0) }
  }
}

/// How long the parts of a run take here in one division of the jobs. Measured by performing a few
/// of its steps in that division.
struct Pace: Sendable {
  let division: ReplayDivision
  /// Seconds for a step and for a row of the trace, on each engine while the others work, too.
  private var step = 0.0
  private var row = 0.0

  init(of division: ReplayDivision, step: Double, row: Double) {
    self.division = division
    self.step = step
    self.row = row
  }

  init(of spec: RunSpec, by reexecutor: any Reexecutor, in division: ReplayDivision) throws {
    self.division = division
    let results = Mutex<[Result<(step: Double, row: Double), any Error>]>([])
    Concurrency.perform(division.engines) { _ in
      let result = Result {
        try Self.seconds(of: try reexecutor.start(spec, from: nil, threads: division.threads))
      }
      results.withLock { $0.append(result) }
    }
    for result in results.withLock({ $0 }) {
      let seconds = try result.get()
      step += seconds.step / Double(division.engines)
      row += seconds.row / Double(division.engines)
    }
  }

  private static func seconds(of engine: any Reexecution) throws -> (step: Double, row: Double) {
    var engine = engine
    // The first step also does the setup that later steps rely on.
    guard try engine.advance() else { return (0, 0) }
    let start = ContinuousClock.now
    var (steps, elapsed) = (0, Duration.zero)
    while steps < 30 && elapsed < .milliseconds(30) {
      guard try engine.advance() else { break }
      steps += 1
      elapsed = ContinuousClock.now - start
    }
    let middle = ContinuousClock.now
    _ = try engine.metrics()
    _ = engine.checkpoint().hashes
    return (
      elapsed / .seconds(1) / Double(max(1, steps)), (ContinuousClock.now - middle) / .seconds(1)
    )
  }

  /// Seconds for one segment, on one engine.
  func seconds(for segment: Segment, of plan: ReplayPlan) -> Double {
    Double(segment.count) * step + Double(plan.loggedSteps.count(where: segment.contains)) * row
  }

  /// Seconds for all segments, if the first engine that is free takes the next segment.
  func seconds(for segments: [Segment], of plan: ReplayPlan) -> Double {
    var engines = [Double](repeating: 0, count: division.engines)
    for segment in segments {
      let next = engines.indices.min { engines[$0] < engines[$1] }!
      engines[next] += seconds(for: segment, of: plan)
    }
    return engines.max()!
  }
}
