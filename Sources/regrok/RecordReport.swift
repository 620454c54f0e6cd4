import Digests
import Files
import Programs
import Reports
import RunRecords

/// What `regrok record` says: lines for people, or one object.
struct RecordReport {
  private var lines: [(name: String, value: String)] = []
  private var members: [CanonicalJSON.Key: CanonicalJSON] = [:]

  func show(_ output: Output) {
    for line in lines {
      output.line(line.name.padded(to: 10) + line.value)
    }
    output.answer(.object(members))
  }

  private mutating func add(_ name: String, _ value: String) { lines.append((name, value)) }

  /// The end of a run.
  static func record(
    _ record: ProgramRecording, _ spec: ProgramSpec, _ inputs: ProgramInputs, _ repeats: Repeats,
    shown: String
  ) -> RecordReport {
    let attempt = record.attempt
    var report = RecordReport()
    report.add("run", spec.runID)
    let seconds = String(printf: "%.1f s", attempt.seconds)
    let end = spec.adopted == nil ? "\(attempt.outcome.ending) after \(seconds)" : "adopted"
    report.add("end", end)
    report.add("curves", curves(attempt))
    report.add("files", files(attempt))
    if !attempt.outcome.found.isEmpty {
      report.add("found", attempt.outcome.found.keys.sorted().map(\.text).joined(separator: ", "))
    }
    report.add("inputs", "\(inputs.inputs.count), \(Figures.size(bytes: inputs.size))")
    let notes = inputs.passedOver + placeNotes(spec) + attempt.remarks
    for note in notes { report.add("note", note) }
    report.add(unsealable: attempt.unsealable)
    let checkpoints = attempt.checkpointSteps.map {
      "checkpoints/" + Checkpoint.fileName(step: $0)
    }
    let onlyEnding = spec.compare.comparesOnlyTheEnding(
      attempt.metrics, attempt.outcome, files: attempt.sealable.map(\.path) + checkpoints)
    let advice = record.advice + (onlyEnding ? [Self.nothingKept] : [])
    for advice in advice { report.add("advice", advice) }
    report.add(
      "repeats",
      words(repeats, onlyEnding)
        ?? "not measured; --repeat N runs the program N times and compares")
    report.add("kept in", shown)
    report.add("next", "regrok pack \(ShellWord.path(shown))\(exclusions(attempt.unsealable))")
    report.members = [
      "event": "end", "run": .string(spec.runID), "directory": .string(shown),
      "outcome": attempt.outcome.json, "rows": CanonicalJSON(attempt.metrics.steps.count),
      "columns": .array(attempt.metrics.columns.map { .string($0.name) }),
      "observed": .array(attempt.observed.columns.map { .string($0.name) }),
      "results": .array(
        attempt.results.map {
          ["path": .string($0.path), "bytes": CanonicalJSON($0.size)]
        }),
      "checkpoints": .array(attempt.checkpointSteps.map { CanonicalJSON($0) }),
      "remarks": .array(notes.map { .string($0) }),
      "unsealable": .array(attempt.unsealable.map { .string("\($0)") }),
      "advice": .array(advice.map { .string($0) }), "adopted": .bool(spec.adopted != nil),
      "repeats": repeats.json, "seconds": .number(attempt.seconds),
    ]
    return report
  }

  private static let mostUnsealable = 20
  private static let mostExclusions = 3

  private mutating func add(unsealable files: [UnsealableFile]) {
    for file in files.prefix(Self.mostUnsealable) {
      add(
        "note",
        "\(file.path) cannot be sealed and is not compared: \(file.reason); pack --exclude "
          + "\(ShellWord.quoted(file.pattern)) leaves it out")
    }
    let rest = files.count - Self.mostUnsealable
    if rest > 0 {
      add("note", "\(Figures.count(rest, "more file")) cannot be sealed; --json lists them")
    }
  }

  /// The options that make `pack` leave out what cannot be sealed; empty if these are many.
  private static func exclusions(_ files: [UnsealableFile]) -> String {
    guard files.count <= mostExclusions else { return "" }
    return files.map { " --exclude " + ShellWord.quoted($0.pattern) }.joined()
  }

  private static let nothingKept = """
    how it ended is all that can be compared; let the program write its results into its working \
    directory, or into the directory that RUN_OUTPUT names
    """

  /// The parts of a record that depend on this machine.
  private static func placeNotes(_ spec: ProgramSpec) -> [String] {
    var notes: [String] = []
    if spec.ranHere { notes.append("it ran in the current directory, so inputs were not isolated") }
    for word in spec.run where word.hasPrefix("/") || word.contains("=/") {
      notes.append("\(word) is a path on this machine, and is published")
    }
    return notes
  }

  /// How far the program differs from itself; nil if it was not measured.
  private static func words(_ repeats: Repeats, _ onlyEnding: Bool) -> String? {
    guard case .measured(let measured) = repeats else { return nil }
    let words = Self.words(measured.spread)
    let runs = "\(measured.count) runs"
    let upTo = measured.steps.map { " up to step \($0)" } ?? ""
    var text =
      words.isEmpty
      ? "\(runs)\(upTo): " + agreement(measured.spread, onlyEnding)
      : "\(runs)\(upTo) differ: " + words.joined(separator: ", ")
    // One run alone is compared with nothing.
    if measured.count < 2 { text = "not measured with its own settings\(upTo)" }
    for variation in measured.varied {
      let words = Self.words(variation.spread)
      text += "; with \(variation.name)=\(variation.value) "
      if words.isEmpty {
        text += agreement(variation.spread, onlyEnding)
      } else {
        text += "different: " + words.joined(separator: ", ")
      }
    }
    return text
  }

  /// What is said of runs in which nothing differs. If only the beginning was repeated, files,
  /// outcome and ending are not compared.
  private static func agreement(_ spread: Repeats.Spread, _ onlyEnding: Bool) -> String {
    if spread.columns.isEmpty && spread.ending == nil { return "nothing was compared" }
    return onlyEnding ? "ended alike" : "identical"
  }

  private static let mostFilesNamed = 3

  /// What differs, the earliest curve first.
  private static func words(_ spread: Repeats.Spread) -> [String] {
    var parted: [(step: Int, text: String)] = []
    for (name, column) in spread.columns {
      guard let column else { continue }
      parted.append((column.first, "\(name) from step \(column.first)"))
    }
    parted.sort { ($0.step, $0.text) < ($1.step, $1.text) }
    var words = parted.map(\.text)
    let files = spread.files.filter { $0.value != .identical }.keys.map { "\($0)" }.sorted()
    words += files.prefix(mostFilesNamed)
    if files.count > mostFilesNamed {
      words.append("\(files.count - mostFilesNamed) more files")
    }
    words += spread.outcome.filter { $0.value != .identical }.keys.sorted().map { "\($0) found" }
    if !spread.hasSameSteps { words.append("the steps that have rows") }
    // Nil if it was not compared.
    if spread.ending == .differs { words.append("how it ended") }
    return words
  }

  private static func curves(_ attempt: ProgramAttempt) -> String {
    guard let last = attempt.metrics.steps.last else { return "none" }
    let columns = attempt.metrics.columns.count
    let observed = attempt.observed.columns.count
    return "\(Figures.count(attempt.metrics.steps.count, "row")) up to step \(last), "
      + "\(Figures.count(columns, "column")) compared" + (observed > 0 ? ", \(observed) not" : "")
  }

  private static func files(_ attempt: ProgramAttempt) -> String {
    let bytes = attempt.results.reduce(0) { $0 + $1.size }
    let checkpoints = attempt.checkpointSteps.count
    return "\(Figures.count(attempt.results.count, "result")), \(Figures.size(bytes: bytes))"
      + (checkpoints > 0 ? ", " + Figures.count(checkpoints, "checkpoint") : "")
  }

  /// What would be run, and what would be published of it.
  static func plan(
    _ spec: ProgramSpec, _ inputs: ProgramInputs, isAdopted: Bool
  ) -> RecordReport {
    var report = RecordReport()
    let words = spec.run.map(ShellWord.quoted).joined(separator: " ")
    report.add(isAdopted ? "adopts" : "runs", words.isEmpty ? "nothing" : words)
    report.add("run", isAdopted ? "known when the results are read" : spec.runID)
    if let config = spec.config { report.add("config", config.text) }
    report.add("curves", (spec.metrics.map { "\($0.file), by \($0.step)" }) ?? "none")
    report.add("outcome", spec.outcome ?? "none")
    if !spec.environment.isEmpty {
      report.add("variables", spec.environment.joined(separator: ", "))
    }
    report.add(
      "inputs", "\(inputs.inputs.count), \(Figures.size(bytes: inputs.size)); these are published:")
    for input in inputs.inputs {
      report.add("", "\(input.path)  \(Figures.size(bytes: input.status.size))")
    }
    let notes = inputs.passedOver + placeNotes(spec)
    for note in notes { report.add("note", note) }
    report.members = [
      "event": "plan", "program": spec.json, "run": .string(spec.runID),
      "inputs": .array(
        inputs.inputs.map {
          [
            "path": .string($0.path), "bytes": CanonicalJSON($0.status.size),
            "sha256": .string($0.digest.hex),
          ]
        }),
      "remarks": .array(notes.map { .string($0) }),
    ]
    return report
  }
}
