import Foundation
import Reports
import RunRecords
import Sweeps

/// What `regrok sweep --dry-run` says.
struct SweepReport {
  private let sweep: Sweep
  private let trajectories: [Trajectory]
  private let jobs: Int
  private let speed: SweepSpeed
  private let estimate: SweepEstimate
  private let sealedCount: Int
  /// Why files that have the names of cells are not these cells.
  private let unusable: [any Error]

  init(
    sweep: Sweep, trajectories: [Trajectory], directory: SweepDirectory, jobs: Int,
    speed: SweepSpeed
  ) {
    (self.sweep, self.trajectories, self.jobs, self.speed) = (sweep, trajectories, jobs, speed)
    var open: [Trajectory] = []
    var sealedCount = 0
    var unusable: [any Error] = []
    for trajectory in trajectories {
      var isOpen = false
      for cell in trajectory.cells {
        do {
          let isSealed = try directory.isSealed(cell, verifying: false)
          sealedCount += isSealed ? 1 : 0
          isOpen = isOpen || !isSealed
        } catch {
          unusable.append(error)
        }
      }
      if isOpen { open.append(trajectory) }
    }
    self.sealedCount = sealedCount
    self.unusable = unusable
    estimate = SweepEstimate(of: open, speed: speed)
  }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    let names = sweep.plan.experiments.map(\.name.count)
    let width = max(10, names.max() ?? 0)
    for (index, experiment) in sweep.plan.experiments.enumerated() {
      let name = experiment.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let count = Figures.count(experiment.runs.count, "run")
      let digits = count.prefix { $0 != " " }.count
      let runs = String(repeating: " ", count: max(0, 4 - digits)) + count
      let shared = sharedRuns(of: index)
      var notes = experiment.isExtra ? ["not counted"] : []
      if let run = experiment.runs.first, experiment.runs.count == 1, !run.label.isEmpty {
        notes.append(run.label)
      }
      if shared > 0 { notes.append("\(shared) also of an experiment above") }
      if !experiment.about.isEmpty { notes.append(experiment.about) }
      let end = notes.isEmpty ? "" : "  " + notes.joined(separator: "; ")
      lines.append("\(name) \(runs)\(end)")
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
    if trajectories.isEmpty {
      return lines + ["this shard    nothing: the plan has less trajectories than shards"]
    }
    if trajectories.count != sweep.trajectories.count {
      lines.append(
        "this shard    \(Figures.count(trajectories.count, "trajectory", "trajectories")), "
          + Figures.count(own, "config"))
    }
    lines.append(
      "finished      \(sealedCount) of \(own) configs"
        + (sealedCount > 0 ? ", by their beginnings and ends; a sweep verifies them" : ""))
    if let first = unusable.first {
      lines.append(
        "not usable    \(Figures.count(unusable.count, "file")): \(first)")
    }
    let kinds =
      speed.kindCount > 1 ? ", from \(speed.kindCount) kinds of run that were measured" : ""
    return lines + [
      "steps         \(estimate.expectedSteps) expected, \(estimate.mostSteps) at most",
      "time          \(SweepProgress.duration(estimate.workerSeconds / Double(jobs))) on "
        + Figures.count(jobs, "worker")
        + String(format: ", at %.3g steps/s of the first trajectory", speed.firstStepsPerSecond)
        + kinds,
      "disk          \(Self.size(estimate.bundleBytes)) of bundles, "
        + "\(Self.size(estimate.workBytes)) in .work, which stays and may be removed afterwards",
    ]
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
      "unusable": .array(unusable.map { .string("\($0)") }),
      "expected_steps": CanonicalJSON(estimate.expectedSteps),
      "most_steps": CanonicalJSON(estimate.mostSteps),
      "worker_seconds": .number(estimate.workerSeconds), "jobs": CanonicalJSON(jobs),
      "bundle_bytes": CanonicalJSON(estimate.bundleBytes),
      "work_bytes": CanonicalJSON(estimate.workBytes),
    ]
  }
}
