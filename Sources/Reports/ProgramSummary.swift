import Archive
public import Bundles
import Digests
public import RunRecords

/// What `show` says of a program's run: its curves and the facts.
public struct ProgramSummary: Sendable {
  private let run: RecordedProgram

  /// More curves than this are not drawn in a terminal.
  private static let mostPlots = 3

  public init(_ run: RecordedProgram) { self.run = run }

  /// The finite numbers of the first columns that have some, over the steps.
  ///
  /// - Parameter shown: Makes a column's name, which a stranger chose, safe where it is drawn.
  public func plots(_ style: TerminalPlot.Style, shown: (String) -> String) -> [String] {
    var lower = style
    lower.height = max(7, style.height / 2)
    let curves = run.metrics.columns.compactMap { column in
      TableCurve(column, steps: run.metrics.steps)
    }
    var lines: [String] = []
    for curve in curves.prefix(Self.mostPlots) {
      let plot = TerminalPlot(
        title: shown(curve.name), steps: curve.points.map(\.step),
        curves: [.init(name: shown(curve.name), values: curve.points.map(\.value))])
      lines += (lines.isEmpty ? [] : [""]) + plot.lines(lower)
    }
    let rest = curves.count - Self.mostPlots
    if rest > 0 {
      lines += [
        "",
        "and \(Figures.count(rest, "more column")): "
          + curves.dropFirst(Self.mostPlots).prefix(20).map { shown($0.name) }
          .joined(separator: ", "),
      ]
    }
    return lines.isEmpty ? ["no curves"] : lines
  }

  /// Every fact with its name, in the order of reading.
  public var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = [("run", "\(run.runID), a program's")]
    if let identities = run.identities {
      facts.append(("bundle", identities.bundle.hex))
      facts.append(("result", identities.result.hex))
    }
    let words = run.spec.run.map(ShellWord.quoted).joined(separator: " ")
    facts.append(("program", words.isEmpty ? "adopted: nothing was executed" : words))
    if let config = run.spec.config {
      let leaves = config.leaves.sorted { $0.key < $1.key }.map { "\($0) \($1.plainText)" }
      facts.append(("config", leaves.joined(separator: ", ")))
    }
    facts.append(("ended", "\(run.outcome.ending)"))
    for (key, value) in run.outcome.found.sorted(by: { $0.key < $1.key }) {
      facts.append((key.text, value.plainText))
    }
    facts.append(("curves", curves))
    facts.append(("files", files))
    if !run.unsealable.isEmpty { facts.append(("not to be sealed", unsealable)) }
    facts.append(("inputs", inputs))
    facts.append(("compared by", rules))
    facts.append(("repeats", repeats))
    if let size = run.sizeInBytes { facts.append(("size", Figures.size(bytes: size))) }
    return facts
  }

  /// The facts in two columns, the second wrapped to fit into that many in all.
  public func factLines(columns: Int? = nil) -> [String] {
    var table = TextTable()
    for (name, value) in facts { table.add(name, value) }
    return table.lines(columns: columns)
  }

  public var json: CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = [
      "kind": "program", "path": .string(run.path), "run": .string(run.runID),
      "program": run.spec.json, "outcome": run.outcome.json,
      "rows": CanonicalJSON(run.metrics.steps.count),
      "columns": .array(run.metrics.columns.map { .string($0.name) }),
      "observed": .array(run.observed.columns.map { .string($0.name) }),
      "environment": run.environment, "repeats": run.repeats.json,
      "files": .array(
        run.files.map { file in
          [
            "path": .string(file.path), "sha256": .string(file.digest.hex),
            "bytes": file.bytes.map { CanonicalJSON($0) } ?? .null,
            "compared": .bool(file.isResult),
            "left_out": file.leftOut.map { .string($0.rawValue) } ?? .null,
          ]
        }),
      "missing_inputs": .array(run.missingInputs.map { .string($0) }),
      "size_in_bytes": run.sizeInBytes.map { CanonicalJSON($0) } ?? .null,
    ]
    if !run.unsealable.isEmpty {
      members["unsealable"] = .array(run.unsealable.map { .string("\($0)") })
    }
    if let identities = run.identities {
      members["bundle_sha256"] = .string(identities.bundle.hex)
      members["result_sha256"] = .string(identities.result.hex)
    }
    return .object(members)
  }
}

extension ProgramSummary {
  private var curves: String {
    guard let last = run.metrics.steps.last else { return "none" }
    let observed = run.observed.columns.count
    return "\(Figures.count(run.metrics.steps.count, "row")) up to step \(last) of "
      + run.metrics.columns.map(\.name).joined(separator: ", ")
      + (observed > 0 ? "; \(Figures.count(observed, "column")) not compared" : "")
  }

  private var files: String {
    guard !run.files.isEmpty else { return "none" }
    var text = Figures.count(run.files.count, "file")
    let ignored = run.files.count { !$0.isResult }
    if ignored > 0 { text += ", \(ignored) not compared" }
    for reason in [LeftOutFiles.Reason.thin, .excluded] {
      let left = run.files.filter { $0.leftOut == reason }
      guard !left.isEmpty else { continue }
      text += "; \(reason.rawValue): " + left.prefix(5).map(\.path).joined(separator: ", ")
      if left.count > 5 { text += " and \(left.count - 5) more" }
    }
    return text
  }

  /// What cannot be sealed, with the reasons.
  private var unsealable: String {
    let files = run.unsealable
    let rest = files.count > 5 ? " and \(files.count - 5) more" : ""
    return files.prefix(5).map { "\($0)" }.joined(separator: "; ") + rest
  }

  private var inputs: String {
    let missing = run.missingInputs.count
    return Figures.count(run.inputs.entries.count, "file")
      + (missing > 0 ? ", \(missing) by their digests alone" : "")
      + (run.spec.ranHere ? "; it ran where more than these lay" : "")
  }

  private var rules: String {
    let compare = run.spec.compare
    func text(_ rule: ComparePolicy.Rule) -> String {
      switch rule {
      case .bits: "bits"
      case .ignore: "ignored"
      case .tolerance(let tolerance): tolerance.description
      }
    }
    let special =
      compare.columns.map { ($0.key.text, $0.value) }
      + compare.files.map { ($0.key.text, $0.value) }
      + compare.outcome.map { ($0.key.text, $0.value) }
    return
      ([text(compare.standard)]
      + special.sorted { $0.0 < $1.0 }.map { "\($0.0): \(text($0.1))" }).joined(separator: "; ")
  }

  private var repeats: String {
    switch run.repeats {
    case .notMeasured: return "not measured"
    case .measured(let measured):
      // One run alone is compared with nothing.
      guard measured.count > 1 else { return "not measured with its own settings" }
      let upTo = measured.steps.map { " up to step \($0)" } ?? ""
      let runs = Figures.count(measured.count, "run") + upTo
      // Of a beginning, files, outcome and ending are not compared.
      var spread = measured.spread
      if spread.columns.isEmpty && spread.ending == nil { return "\(runs), nothing compared" }
      spread.ending = spread.ending ?? .identical
      guard spread.isIdentical else { return "\(runs), which differ" }
      let hasOnlyEnding = run.spec.compare.comparesOnlyTheEnding(
        run.metrics, run.outcome, files: run.files.map(\.path))
      return hasOnlyEnding ? "\(runs), which ended alike" : "\(runs), identical"
    }
  }
}

/// The finite numbers of a column over their steps.
struct TableCurve {
  var name: String
  var points: [(step: Int, value: Double)]

  /// Nil of a column without numbers.
  init?(_ column: TraceTable.Column, steps: [Int]) {
    let values: [Double?]
    switch column.values {
    case .integers(let integers): values = integers.map { $0.map(Double.init) }
    case .numbers(let numbers): values = numbers
    case .texts, .digests: return nil
    }
    name = column.name
    points = zip(steps, values).compactMap { step, value in
      value.flatMap { $0.isFinite ? (step, $0) : nil }
    }
    if points.isEmpty { return nil }
  }
}
