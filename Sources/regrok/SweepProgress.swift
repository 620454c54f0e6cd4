import Configs
import Files
import Reports
import RunRecords
import Sweeps
import Training

/// Shows a sweep being performed: on a terminal a table on stderr that is drawn over again, else a
/// line for each cell and, now and then, one on what is running; with `--json` one object an event
/// on stdout.
final class SweepProgress {
  enum Style { case table, lines, json }

  private let style: Style
  private let sweep: Sweep
  private let cellCount: Int
  private let trajectoryCount: Int
  /// For each experiment, the run ids that this process works on.
  private let experiments: [(name: String, runIDs: [String])]
  private var shownLines = 0
  private var lastShownSeconds = 0.0
  /// The exit status of each cell that failed.
  private(set) var failures: [ExitStatus] = []

  init(style: Style, sweep: Sweep, tasks: [SweepTask]) {
    self.style = style
    self.sweep = sweep
    trajectoryCount = tasks.trajectories.count
    let own = Set(tasks.flatMap(\.cells).map(\.runID))
    cellCount = own.count
    experiments = zip(sweep.plan.experiments, sweep.runIDs).map { experiment, runIDs in
      (experiment.name, runIDs.compactMap { $0 }.filter(own.contains))
    }
  }

  /// Called a few times a second.
  func show(_ runner: SweepRunner) {
    let events = runner.takeEvents()
    if !events.isEmpty { clear() }
    for event in events { say(event) }
    let now = monotonicSeconds()
    switch style {
    case .table:
      if !events.isEmpty || now - lastShownSeconds >= 0.5 {
        lastShownSeconds = now
        draw(runner.progress)
      }
    case .lines:
      if now - lastShownSeconds >= 60 {
        if lastShownSeconds > 0 { Output.writeError(summary(runner.progress) + "\n") }
        lastShownSeconds = now
      }
    case .json: break
    }
  }

  /// Says that there is more to do now.
  func goOn(_ text: String) {
    clear()
    switch style {
    case .json: Output.write(.object(["event": "stage", "message": .string(text)]))
    case .table, .lines: Output.writeError(text + "\n")
    }
  }

  /// Names the runs that are left out, and says how many are waiting.
  private func sayAbsent() {
    for (use, reason) in sweep.notApplicable.prefix(20) {
      Output.writeError("\(Software.name): left out \(Self.name(use, of: sweep)): \(reason)\n")
    }
    if sweep.notApplicable.count > 20 {
      Output.writeError("\(Software.name): left out \(sweep.notApplicable.count - 20) more\n")
    }
    if !sweep.waiting.isEmpty {
      Output.writeError(
        "\(Software.name): \(Figures.count(sweep.waiting.count, "run")) cannot start before "
          + "the runs that they branch off from are sealed\n")
    }
  }

  func end(_ runner: SweepRunner, _ ending: SweepRunner.Ending) {
    clear()
    let progress = runner.progress
    let isVerified = !runner.manner.isOneOfMany
    let status =
      switch ending {
      case .finished: "finished"
      case .interrupted: "interrupted"
      case .leftToOthers: "left-to-others"
      }
    sayAbsent()
    if style == .json {
      Output.write(
        .object([
          "event": "end", "status": .string(status),
          "sealed": CanonicalJSON(progress.sealed.count),
          "failed": CanonicalJSON(progress.failed.count), "configs": CanonicalJSON(cellCount),
          "verified": CanonicalJSON(isVerified ? progress.foundSealed : 0),
          "sealed_twice": CanonicalJSON(progress.sealedTwice),
          "waiting": CanonicalJSON(sweep.waiting.count),
          "not_applicable": .array(
            sweep.notApplicable.map {
              ["run": .string(Self.name($0.use, of: sweep)), "message": .string($0.reason)]
            }),
        ]))
      return
    }
    var text =
      cellCount == 0
      ? "nothing to do: this shard has no run"
      : "\(progress.sealed.count) of \(cellCount) configs sealed"
    if !progress.failed.isEmpty { text += ", \(progress.failed.count) failed" }
    if progress.foundSealed > 0 {
      text += "; \(progress.foundSealed) were there already"
      if isVerified { text += " and have been verified" }
    }
    if progress.sealedTwice > 0 {
      text +=
        "; another worker also computed \(progress.sealedTwice) of them, with the same results"
    }
    switch ending {
    case .finished: Output.write(text + "\n")
    case .leftToOthers: Output.write(text + "; other workers have the rest\n")
    case .interrupted:
      Output.writeError(
        "\(Software.name): interrupted; \(text); the same command continues it\n")
    }
  }
}

// MARK: Lines

extension SweepProgress {
  private func name(_ cell: SweepCell) -> String { Self.name(cell, of: sweep) }

  /// The names of the runs that share the config of a cell.
  static func name(_ cell: SweepCell, of sweep: Sweep) -> String {
    cell.uses.map { name($0, of: sweep) }.joined(separator: ", ")
  }

  private static func name(_ use: SweepCell.Use, of sweep: Sweep) -> String {
    (sweep.plan.experiments[use.experiment].name + " " + use.label)
      .trimmed
  }

  private func say(_ event: SweepRunner.Event) {
    let cell = event.cell
    var object: [CanonicalJSON.Key: CanonicalJSON] = [
      "run": .string(cell.runID),
      "runs": .array(
        cell.uses.map {
          [
            "experiment": .string(sweep.plan.experiments[$0.experiment].name),
            "label": .string($0.label),
          ]
        }),
    ]
    let line: String?
    switch event.result {
    case .success(let sealing):
      object["event"] = sealing.isNew ? "sealed" : "same"
      object["bundle"] = .string(sealing.name)
      object["other_results"] = .array(sealing.others.map { .string($0) })
      line = (sealing.isNew ? "sealed" : "the same again") + " \(cell.runID)  \(name(cell))"
      if sealing.isNew && !sealing.others.isEmpty {
        Output.writeError(
          "\(Software.name): \(cell.runID) (\(name(cell))) differs from itself: "
            + "\(sealing.name) is kept beside \(sealing.others.joined(separator: ", "))\n")
      }
    case .failure(let failure):
      failures.append((failure as? any ExitStatusProviding)?.exitStatus ?? .inputOutput)
      object["event"] = "failed"
      object["message"] = .string("\(failure)")
      line = nil
      Output.writeError(
        "\(Software.name): \(cell.runID) (\(name(cell))) failed: \(failure)\n")
    }
    switch style {
    case .json: Output.write(.object(object))
    case .lines: if let line { Output.writeError(line + "\n") }
    case .table: break
    }
  }

  private func summary(_ progress: SweepRunner.Progress) -> String {
    var parts = ["\(progress.sealed.count) of \(cellCount) configs"]
    if trajectoryCount > 0 {
      parts.append("\(progress.doneTrajectories) of \(trajectoryCount) trajectories")
    }
    if !progress.failed.isEmpty { parts.append("\(progress.failed.count) failed") }
    if let left = progress.secondsLeft { parts.append("about \(Self.duration(left)) left") }
    return parts.joined(separator: ", ")
  }

  static func duration(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "years" }
    let whole = Int(seconds.rounded(.up))
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<3600: String(printf: "%d:%02d min", whole / 60, whole % 60)
    default: String(printf: "%d:%02d h", whole / 3600, whole / 60 % 60)
    }
  }
}

// MARK: The table

extension SweepProgress {
  private func draw(_ progress: SweepRunner.Progress) {
    var lines: [String] = []
    let nameWidth = experiments.map(\.name.count).max() ?? 0
    for (name, runIDs) in experiments where !runIDs.isEmpty {
      let done = runIDs.count { progress.sealed.contains($0) }
      let failed = runIDs.count { progress.failed.contains($0) }
      let filled = 20 * done / runIDs.count
      lines.append(
        name.padded(to: nameWidth) + "  ["
          + String(repeating: "=", count: filled) + String(repeating: " ", count: 20 - filled)
          + "] \(done)/\(runIDs.count)" + (failed > 0 ? ", \(failed) failed" : ""))
    }
    let now = monotonicSeconds()
    for running in progress.running {
      let seconds = now - running.started
      let speed =
        seconds > 1
        ? String(printf: "  %.3g steps/s", Double(running.step - running.firstStep) / seconds) : ""
      let place = "  step \(running.step)" + (running.end.map { "/\($0)" } ?? "")
      let cell = running.task.cells.first.map(name) ?? "steps that several runs share"
      switch running.task {
      case .trajectory: lines.append("\(place)\(speed)  \(cell)")
      case .program:
        let rows = running.step > 0 ? place : ""
        lines.append("\(rows)  for \(Self.duration(seconds))  \(cell)")
      }
    }
    lines.append(summary(progress))
    // The lines that change most are the last.
    shownLines = LiveLines.draw(lines, over: shownLines)
  }

  /// Takes the table away, so that what comes next stands in its place.
  private func clear() {
    LiveLines.clear(shownLines)
    shownLines = 0
  }
}
