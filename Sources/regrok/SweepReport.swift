import Foundation
import RunRecords
import Sweeps

/// What `regrok sweep --dry-run` says.
struct SweepReport {
  let sweep: Sweep
  let trajectories: [Trajectory]
  let directory: SweepDirectory
  let jobs: Int
  let rate: Double

  private var open: [Trajectory] {
    trajectories.filter { $0.cells.contains { (try? directory.isSealed($0)) != true } }
  }

  private var sealedCount: Int {
    trajectories.flatMap(\.cells).count { (try? directory.isSealed($0)) == true }
  }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    let names = sweep.plan.experiments.map(\.name.count)
    let width = max(10, names.max() ?? 0)
    for (index, experiment) in sweep.plan.experiments.enumerated() {
      let name = experiment.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let count = String(experiment.runs.count)
      let runs = String(repeating: " ", count: max(0, 4 - count.count)) + count
      let shared = sharedRuns(of: index)
      var notes = experiment.isExtra ? ["not counted"] : []
      if shared > 0 { notes.append("\(shared) also of an experiment above") }
      if !experiment.about.isEmpty { notes.append(experiment.about) }
      let end = notes.isEmpty ? "" : "  " + notes.joined(separator: "; ")
      lines.append("\(name) \(runs) runs\(end)")
    }
    let counts = sweep.plan.runCounts
    let own = trajectories.flatMap(\.cells).count
    lines += [
      "",
      "runs          \(counts.counted)"
        + (counts.extra > 0 ? ", and \(counts.extra) that do not count" : ""),
      "configs       \(sweep.cells.count) distinct, each a bundle",
      "trajectories  \(sweep.trajectories.count) distinct, each computed once",
    ]
    if trajectories.count != sweep.trajectories.count {
      lines.append("this shard    \(trajectories.count) trajectories, \(own) configs")
    }
    let estimate = SweepEstimate(of: open, stepsPerSecond: rate)
    lines += [
      "finished      \(sealedCount) of \(own) configs",
      "steps         \(estimate.expectedSteps) expected, \(estimate.mostSteps) at most",
      "time          \(SweepProgress.duration(estimate.workerSeconds / Double(jobs))) on \(jobs) "
        + (jobs == 1 ? "worker" : "workers")
        + String(format: ", at %.3g steps/s of the first trajectory", rate),
      "disk          \(Self.size(estimate.bundleBytes)) of bundles, "
        + "\(Self.size(estimate.workBytes)) in .work",
    ]
    return lines
  }

  /// The runs of an experiment whose config an earlier one has too.
  private func sharedRuns(of experiment: Int) -> Int {
    sweep.cells.count { cell in
      cell.uses.contains { $0.experiment == experiment }
        && cell.uses.contains { $0.experiment < experiment }
    }
  }

  static func size(_ bytes: Int) -> String {
    bytes < 1 << 20
      ? String(format: "%.0f KiB", Double(bytes) / 1024)
      : String(format: "%.1f MiB", Double(bytes) / 1_048_576)
  }

  var json: CanonicalJSON {
    let estimate = SweepEstimate(of: open, stepsPerSecond: rate)
    let counts = sweep.plan.runCounts
    return [
      "experiments": .array(
        sweep.plan.experiments.map {
          [
            "name": .string($0.name), "about": .string($0.about), "extra": .bool($0.isExtra),
            "runs": .array(
              $0.runs.map { ["label": .string($0.label), "run": .string($0.spec.runID)] }),
          ]
        }),
      "runs": CanonicalJSON(counts.counted), "extra_runs": CanonicalJSON(counts.extra),
      "configs": CanonicalJSON(sweep.cells.count),
      "trajectories": CanonicalJSON(sweep.trajectories.count),
      "shard_trajectories": CanonicalJSON(trajectories.count),
      "sealed": CanonicalJSON(sealedCount),
      "expected_steps": CanonicalJSON(estimate.expectedSteps),
      "most_steps": CanonicalJSON(estimate.mostSteps),
      "worker_seconds": .number(estimate.workerSeconds), "jobs": CanonicalJSON(jobs),
      "bundle_bytes": CanonicalJSON(estimate.bundleBytes),
      "work_bytes": CanonicalJSON(estimate.workBytes),
    ]
  }
}
