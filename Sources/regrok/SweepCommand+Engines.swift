import ArgumentParser
import Configs
import Files
import Reports
import RunRecords
import Sweeps
import Training

/// The parts of `regrok sweep` for workers that other programs start.
extension SweepCommand {
  /// Prints a script for sbatch, and on stderr how long the work will take.
  func writeScript(
    workers: Int, jobs: Int, _ directory: SweepDirectory, _ report: SweepReport
  ) throws {
    try directory.make()
    guard let program = Installation.program,
      let plan = FileTree.resolved(plan), let folder = FileTree.resolved(directory.path),
      let logs = FileTree.resolved(directory.logs)
    else {
      throw CommandFailure(
        .inputOutput, "\(directory.path): regrok cannot find the paths for a worker")
    }
    var command = [program, "sweep", plan, "--output", folder, "--worker"]
    if jobs > 1 { command += ["--jobs", String(jobs)] }
    if let claims = claimsPath.flatMap(FileTree.resolved) { command += ["--claims", claims] }
    if let shard { command += ["--shard", "\(shard.index)/\(shard.count)"] }
    if keepFailed { command.append("--keep-failed") }
    if again { command.append("--again") }
    for name in notSecret { command += ["--not-secret", name] }
    let script = SlurmScript(
      workers: workers, jobs: jobs, time: time, options: scheduler, logs: logs, command: command)
    for line in report.costs(workers: workers) {
      Output.writeError("\(Software.name): \(line)\n")
    }
    if options.json {
      options.output.answer(["script": .string(script.text)])
    } else {
      Output.write(script.text)
    }
  }

  func show(_ status: SweepStatus, of sweep: Sweep) throws {
    func name(_ cell: SweepCell) -> String { SweepProgress.name(cell, of: sweep) }
    let running = status.running
    options.output.line("done      \(status.done) of \(Figures.count(status.cellCount, "config"))")
    options.output.line("running   \(running.count)")
    for work in running {
      let end = work.end.map { "/\($0)" } ?? ""
      let cells =
        (work.cells.first.map(name) ?? "steps that several runs share")
        + (work.cells.count > 1 ? " and \(work.cells.count - 1) more" : "")
      options.output.line(
        "  step \(work.step)\(end)  on \(work.host), process \(work.process), last sign of life "
          + "\(SweepProgress.duration(work.age)) ago  \(cells)")
    }
    options.output.line(
      "missing   \(status.missing)"
        + (status.waiting > 0 ? ", \(status.waiting) of them waiting for a parent" : ""))
    options.output.line("failed    \(status.failed.count)")
    for (cell, reason) in status.failed {
      options.output.line("  \(cell.runID)  \(name(cell)): \(reason)")
    }
    let absent = sweep.notApplicable.map { use, reason -> (name: String, reason: String) in
      let name = sweep.plan.experiments[use.experiment].name + " " + use.label
      return (name: name.trimmed, reason: reason)
    }
    if !absent.isEmpty { options.output.line("left out  \(absent.count), which cannot start") }
    for (name, reason) in absent { options.output.line("  \(name): \(reason)") }
    if status.done < status.cellCount {
      options.output.line(
        "time left "
          + (status.secondsLeft.map { "about " + SweepProgress.duration($0) }
            ?? (running.isEmpty ? "nobody is at work" : "not known yet")))
    }
    options.output.answer([
      "configs": CanonicalJSON(status.cellCount), "done": CanonicalJSON(status.done),
      "failed": .array(
        status.failed.map { ["run": .string($0.cell.runID), "message": .string($0.reason)] }),
      "missing": CanonicalJSON(status.missing), "waiting": CanonicalJSON(status.waiting),
      "not_applicable": .array(
        absent.map { ["run": .string($0.name), "message": .string($0.reason)] }),
      "running": .array(
        running.map { work in
          [
            "runs": .array(work.cells.map { .string($0.runID) }), "host": .string(work.host),
            "process": CanonicalJSON(work.process), "step": CanonicalJSON(work.step),
            "end": work.end.map { CanonicalJSON($0) } ?? .null, "age_seconds": .number(work.age),
          ]
        }),
      "seconds_left": status.secondsLeft.map { .number($0) } ?? .null,
    ])
  }

  func clean(_ directory: SweepDirectory) throws {
    let bytes = try directory.clean()
    options.output.line(
      bytes == 0 ? "there was no work in progress" : "removed \(Figures.size(bytes: bytes))")
    options.output.answer(["removed_bytes": CanonicalJSON(bytes)])
  }

  /// Warns if programs that run at once have more threads than there are processors. Sets nothing
  /// for them.
  func warnOfThreads(_ tasks: [SweepTask]) {
    let jobs = min(jobs ?? 1, tasks.programs.count)
    guard jobs > 1 else { return }
    let environment = ProcessFacts.environment
    let names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    let threads = names.compactMap { environment[$0].flatMap { Int($0) } }.max()
    let processors = Machine.processors
    if let threads, jobs * threads > processors {
      Output.writeError(
        "\(Software.name): warning: \(jobs) programs with \(threads) threads each on "
          + "\(Figures.count(processors, "processor")): they may be slower than "
          + "one after the other\n"
      )
    } else if threads == nil {
      Output.writeError(
        "\(Software.name): warning: \(jobs) programs at once, and OMP_NUM_THREADS is not set: each "
          + "may start as many threads as there are processors\n")
    }
  }
}
