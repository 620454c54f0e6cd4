import Bundles
import Foundation
import RunRecords
import Sweeps
// Exported to the whole module.
@_exported import TestSupport
import Training

func content(_ path: String) -> [UInt8]? {
  FileManager.default.contents(atPath: path).map(Array.init)
}

/// Addition modulo 11 with a small model, whose validation accuracy passes 0.3 after some 300
/// steps. There are four views of it and one with checkpoints, and one more trajectory.
let smallPlan = """
  preset: tiny
  set:
    task.modulus: 11
    task.train_fraction: 0.8
    optimizer.learning_rate: 0.01
    checkpoint_interval: 0
    stop.memorized: 0.3
    stop.grokked: 0.3
    stop.steps_after_grokking: 40
    max_steps: 450
  experiments:
    - name: intervals
      grid: {log_interval: [20, 30]}
    - name: later
      set: {log_interval: 20, stop.steps_after_grokking: 70}
    - name: shorter
      set: {log_interval: 50, max_steps: 190}
    - name: kept
      set: {log_interval: 10, checkpoint_interval: 20, max_steps: 50}
    - name: another
      set: {max_steps: 60}
      seeds: 43
  """

/// The bundles of a directory, by name.
func bundles(_ directory: String) throws -> [String: [UInt8]] {
  var found: [String: [UInt8]] = [:]
  for name in try FileManager.default.contentsOfDirectory(atPath: directory)
  where name.hasSuffix(".tar.zst") {
    found[name] = content(directory + "/" + name)
  }
  return found
}

func runner(
  _ sweep: Sweep, in directory: String, jobs: Int = 2, shard: (Int, Int) = (1, 1),
  programs: ProgramOptions = ProgramOptions(), patience: Double = 15, isOneOfMany: Bool = false,
  clock: (@Sendable () -> Double)? = nil, mustEnd: @escaping @Sendable () -> Bool = { false }
) -> SweepRunner {
  var manner = SweepRunner.Manner()
  manner.patienceSeconds = patience
  manner.isOneOfMany = isOneOfMany
  if let clock { manner.clock = clock }
  return SweepRunner(
    sweep, tasks: sweep.shard(shard.0, of: shard.1), directory: SweepDirectory(directory),
    jobs: jobs, programs: programs, command: ["regrok", "sweep", "plan.yaml"], manner: manner,
    mustEnd: mustEnd)
}

extension Sweep {
  /// The trainer's cells, in the order in which they are computed.
  var trainerCells: [TrainerCell] { tasks.trajectories.flatMap(\.cells) }
}

/// Runs a sweep to its end; returns what happened.
@discardableResult func perform(
  _ sweep: Sweep, in directory: String, jobs: Int = 2, shard: (Int, Int) = (1, 1),
  programs: ProgramOptions = ProgramOptions(), patience: Double = 15
) throws -> [SweepRunner.Event] {
  let runner = runner(
    sweep, in: directory, jobs: jobs, shard: shard, programs: programs, patience: patience)
  _ = try runner.run { _ in }
  return runner.takeEvents()
}
