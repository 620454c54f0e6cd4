import Configs
import Files
import Programs
import Reports
import RunRecords
import Sweeps

/// What `regrok sweep --dry-run` says.
struct SweepReport {
  private let sweep: Sweep
  private let tasks: [SweepTask]
  private let jobs: Int
  private let speed: SweepSpeed
  private let estimate: SweepEstimate
  private let openPrograms: [ProgramCell]
  private let sealedCount: Int
  /// Why some files with the names of cells are not these cells.
  private let unusable: [any Error]

  init(
    sweep: Sweep, tasks: [SweepTask], directory: SweepDirectory, jobs: Int, speed: SweepSpeed
  ) throws {
    (self.sweep, self.tasks, self.jobs, self.speed) = (sweep, tasks, jobs, speed)
    let names = tasks.programs.isEmpty ? nil : try directory.names()
    var open: [SweepTask] = []
    var sealedCount = 0
    var unusable: [any Error] = []
    for task in tasks {
      var isOpen = false
      for cell in task.cells {
        do {
          let isSealed = try directory.isSealed(cell, verifying: false, names: names)
          sealedCount += isSealed ? 1 : 0
          isOpen = isOpen || !isSealed
        } catch {
          unusable.append(error)
        }
      }
      if isOpen { open.append(task) }
    }
    openPrograms = open.programs
    self.sealedCount = sealedCount
    self.unusable = unusable
    estimate = SweepEstimate(of: open.trajectories, speed: speed)
  }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    let names = sweep.plan.experiments.map(\.name.count)
    let width = max(10, names.max() ?? 0)
    for (index, experiment) in sweep.plan.experiments.enumerated() {
      let name = experiment.name.padded(to: width)
      let count = Figures.count(experiment.runs.count, "run")
      let digits = count.prefix { $0 != " " }.count
      let runs = String(repeating: " ", count: max(0, 4 - digits)) + count
      let shared = sharedRuns(of: index)
      var notes = experiment.isExtra ? ["not counted"] : []
      if let run = experiment.runs.first, experiment.runs.count == 1, !run.label.isEmpty {
        notes.append(run.label)
      }
      if shared > 0 { notes.append("\(shared) also in an experiment above") }
      if !experiment.about.isEmpty { notes.append(experiment.about) }
      let end = notes.isEmpty ? "" : "  " + notes.joined(separator: "; ")
      lines.append("\(name) \(runs)\(end)")
    }
    let counts = sweep.plan.runCounts
    let own = tasks.flatMap(\.cells).count
    let (trajectories, programs) = (sweep.tasks.trajectories.count, sweep.tasks.programs.count)
    lines += [
      "",
      "runs          \(counts.counted)"
        + (counts.extra > 0 ? ", and \(counts.extra) that do not count" : ""),
      "configs       \(sweep.cells.count) distinct, each a bundle",
    ]
    if trajectories > 0 {
      lines.append("trajectories  \(trajectories) distinct, each computed once")
    }
    let forks = sweep.tasks.trajectories.count { $0.isFork }
    if forks > 0 { lines.append("forks         \(forks) of them start from another run") }
    if !sweep.waiting.isEmpty {
      lines.append(
        "waiting       \(Figures.count(sweep.waiting.count, "run")): planned and estimated when "
          + "the runs that they start from are sealed")
    }
    if let first = sweep.notApplicable.first {
      lines.append(
        "left out      \(Figures.count(sweep.notApplicable.count, "run")): \(first.reason)")
    }
    if programs > 0 { lines.append("programs      \(programs), each performed once") }
    if tasks.isEmpty {
      return lines + [
        "this shard    nothing: the plan has fewer trajectories"
          + (programs > 0 ? " and programs" : "") + " than shards"
      ]
    }
    if tasks.count != sweep.tasks.count {
      var parts: [String] = []
      if trajectories > 0 {
        parts.append(Figures.count(tasks.trajectories.count, "trajectory", "trajectories"))
      }
      if programs > 0 { parts.append(Figures.count(tasks.programs.count, "program")) }
      lines.append(
        "this shard    " + (parts + [Figures.count(own, "config")]).joined(separator: ", "))
    }
    lines.append(
      "finished      \(sealedCount) of \(own) configs"
        + (sealedCount > 0 ? ", by the start and end of each file; a sweep verifies them" : ""))
    if let first = unusable.first {
      lines.append(
        "not usable    \(Figures.count(unusable.count, "file")): \(first)")
    }
    if !tasks.trajectories.isEmpty { lines += trainerLines }
    if let largest = openPrograms.map(\.program.limits.bytes).max() {
      lines += [
        "programs      their time is estimated when the first has ended; "
          + "each may write at most \(Figures.size(bytes: largest))"
      ]
    }
    return lines
  }

  /// The time and disk that the trainer's runs need.
  private var trainerLines: [String] {
    let kinds =
      speed.kindCount > 1 ? ", measured for \(speed.kindCount) kinds of run" : ""
    return [
      "steps         \(estimate.expectedSteps) expected, \(estimate.mostSteps) at most",
      "time          \(SweepProgress.duration(estimate.seconds(workers: jobs))) on "
        + Figures.count(jobs, "worker")
        + String(printf: ", at %.3g steps/s of the first trajectory", speed.firstStepsPerSecond)
        + kinds,
      "disk          \(Self.size(estimate.bundleBytes)) of bundles, "
        + "\(Self.size(estimate.workBytes)) in .work, which `regrok sweep --clean` removes",
    ]
  }

  /// The time that workers will need, for the user who starts them.
  func costs(workers: Int) -> [String] {
    let own = tasks.flatMap(\.cells).count
    var lines = ["\(own - sealedCount) of \(Figures.count(own, "config")) missing"]
    if !tasks.trajectories.isEmpty {
      lines[0] += String(printf: ", %.3g core-hours", estimate.workerSeconds / 3600)
      lines.append(
        "the longest trajectory takes \(SweepProgress.duration(estimate.longestSeconds)), and all "
          + "of them \(SweepProgress.duration(estimate.seconds(workers: workers * jobs))) on "
          + Figures.count(workers, "worker"))
    }
    if !openPrograms.isEmpty {
      lines.append(
        "\(Figures.count(openPrograms.count, "program")), whose time is not known")
    }
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
      ? String(printf: "%.0f KiB", Double(bytes) / 1024)
      : String(printf: "%.1f MiB", Double(bytes) / 1_048_576)
  }

  var json: CanonicalJSON {
    let counts = sweep.plan.runCounts
    return [
      "experiments": .array(
        zip(sweep.plan.experiments, sweep.runIDs).map { experiment, runIDs in
          [
            "name": .string(experiment.name), "about": .string(experiment.about),
            "extra": .bool(experiment.isExtra),
            "runs": .array(
              zip(experiment.runs, runIDs).map { run, runID in
                ["label": .string(run.label), "run": runID.map { .string($0) } ?? .null]
              }),
          ]
        }),
      "runs": CanonicalJSON(counts.counted), "extra_runs": CanonicalJSON(counts.extra),
      "configs": CanonicalJSON(sweep.cells.count),
      "trajectories": CanonicalJSON(sweep.tasks.trajectories.count),
      "shard_trajectories": CanonicalJSON(tasks.trajectories.count),
      "programs": CanonicalJSON(sweep.tasks.programs.count),
      "shard_programs": CanonicalJSON(tasks.programs.count),
      "sealed": CanonicalJSON(sealedCount), "waiting": CanonicalJSON(sweep.waiting.count),
      "not_applicable": CanonicalJSON(sweep.notApplicable.count),
      "unusable": .array(unusable.map { .string("\($0)") }),
      "expected_steps": CanonicalJSON(estimate.expectedSteps),
      "most_steps": CanonicalJSON(estimate.mostSteps),
      "worker_seconds": .number(estimate.workerSeconds), "jobs": CanonicalJSON(jobs),
      "bundle_bytes": CanonicalJSON(estimate.bundleBytes),
      "work_bytes": CanonicalJSON(estimate.workBytes),
    ]
  }
}
