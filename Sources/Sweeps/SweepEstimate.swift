private import Catalogue
internal import Files
internal import RunRecords
internal import Training

/// What a sweep will cost, before it runs. No result depends on it.
public struct SweepEstimate: Sendable {
  /// Steps of all trajectories: the most they can take, and how many the plan expects.
  public var mostSteps = 0
  public var expectedSteps = 0
  /// Seconds for one worker to take the expected steps.
  public var workerSeconds = 0.0
  /// Seconds of the longest trajectory.
  public var longestSeconds = 0.0
  /// The size of the sealed bundles, and of the work folder while it is kept, in bytes.
  public var bundleBytes = 0
  public var workBytes = 0

  public init(of trajectories: [Trajectory], speed: SweepSpeed) {
    for trajectory in trajectories {
      let expected = Self.expectedSteps(trajectory)
      mostSteps += Self.mostSteps(trajectory)
      expectedSteps += expected
      let seconds =
        Self.work(of: trajectory, steps: expected) / speed.workPerSecond(of: trajectory)
        + speed.secondsPerCell * Double(trajectory.cells.count)
      workerSeconds += seconds
      longestSeconds = max(longestSeconds, seconds)
      for cell in trajectory.cells {
        // The two digests of a row do not compress below 64 bytes; its five numbers take about 50.
        let steps = min(cell.expectedSteps ?? cell.spec.maxSteps, cell.spec.maxSteps)
        bundleBytes += 3000 + 115 * (steps / cell.spec.logInterval + 1)
      }
      workBytes += 250 * (expected / trajectory.interval)
      workBytes += 12 * (1 + trajectory.forks.count) * trajectory.base.parameterCount
    }
  }
}

extension SweepEstimate {
  /// How long this many workers take.
  public func seconds(workers: Int) -> Double {
    max(longestSeconds, workerSeconds / Double(workers))
  }

  static func mostSteps(_ trajectory: Trajectory) -> Int {
    own(trajectory.cells.map { Schedule($0.spec).lastStep + 1 }, of: trajectory)
  }

  static func expectedSteps(_ trajectory: Trajectory) -> Int {
    own(
      trajectory.cells.map { cell in
        let most = Schedule(cell.spec).lastStep + 1
        return min(cell.expectedSteps ?? most, most)
      }, of: trajectory)
  }

  /// The steps that a trajectory takes itself, from the numbers of steps that its cells take in
  /// all.
  private static func own(_ counts: [Int], of trajectory: Trajectory) -> Int {
    let forks = trajectory.forks.map { $0.step + 1 }
    return max(0, ((counts + forks).max() ?? 0) - trajectory.firstStep)
  }

  /// A measure of computation: the products in training for `steps` steps and in evaluating the
  /// rows. A forward pass counts as a third of a training step.
  static func work(of trajectory: Trajectory, steps: Int) -> Double {
    let spec = trajectory.base
    let rows = Double(steps) / Double(trajectory.interval)
    return Double(steps) * work(ofStepOf: spec)
      + rows * Double(spec.parameterCount) * Double(spec.task.exampleCount) / 3
  }

  static func work(ofStepOf spec: RunSpec) -> Double {
    Double(spec.parameterCount) * Double(spec.batch)
  }
}
