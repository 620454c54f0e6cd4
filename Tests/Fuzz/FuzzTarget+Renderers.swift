import Analysis
import Archive
import Bundles
import Comparison
import Configs
import Digests
import Replay
import Reports
import RunRecords
import Sweeps
import TestSupport

/// Draws and prints records that strangers sent and that the readers accepted.
extension FuzzTarget {
  /// Rows whose values are the input's bytes. A run of them is drawn; where `pack` accepts it, it
  /// is packed with its preview, and drawn again from the bundle. The first byte gives the log
  /// interval.
  static func renderers(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let values = stride(from: 1, to: input.count - 7, by: 8).map { place in
      Double(bitPattern: input[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) })
    }.filter(\.isFinite)
    var run = SampleRun(rows: 0)
    run.spec.logInterval = 1 << (Int(first) % 24)
    run.spec.checkpointInterval = 0
    run.trace.metrics = stride(from: 0, to: values.count - 4, by: 5).map { place in
      MetricsRow(
        step: place / 5 * run.spec.logInterval, trainLoss: values[place],
        trainAccuracy: values[place + 1], validationLoss: values[place + 2],
        validationAccuracy: values[place + 3], squaredNorm: values[place + 4])
    }
    let digest = Digest(of: [])
    run.trace.hashes = run.trace.metrics.map {
      HashRow(step: $0.step, parameters: digest, optimizer: digest)
    }
    let last = run.trace.metrics.last?.step ?? -1
    run.spec.maxSteps = max(last, 0) + 1
    run.outcome = Outcome(
      trace: run.trace, stop: run.spec.stop, initialSquaredNorm: values.first ?? 0, lastStep: last,
      stopReason: last < 0 ? .diverged : .maxSteps)
    run.files = run.files.filter { !$0.key.hasPrefix("checkpoints/") }
    run.files["config.json"] = run.spec.canonicalJSON.utf8
    run.files["outcome.json"] = run.outcome.json.utf8
    run.files["trace/metrics.csv"] = run.trace.metricsCSV
    run.files["trace/hashes.csv"] = run.trace.hashesCSV
    render(
      RecordedRun(
        path: "r", identities: nil, config: run.spec.canonicalJSON, trace: run.trace,
        outcome: run.outcome.json, environment: nil, checkpoints: [],
        readCheckpoint: { _ in [] }))
    let directory = TemporaryDirectory()
    attemptAny {
      let bundle = directory.path + "/b"
      try BundleWriter.pack(runDirectory: run.write(to: directory), to: bundle)
      render(try RecordedRun(opening: bundle))
    }
  }

  /// Takes an archive as the files of a run directory. It is refused with one line, or it can be
  /// drawn.
  static func directory(_ input: [UInt8]) {
    let directory = TemporaryDirectory()
    write(input, below: directory, folders: ["trace", "checkpoints", "resume"])
    let path = directory.path + "/run"
    attemptAny { render(try RecordedRun(opening: path, unfinished: true)) }
    attemptAny {
      let bundle = directory.path + "/b"
      try BundleWriter.pack(runDirectory: path, to: bundle)
      // What was packed is a bundle, and a run that can be drawn.
      _ = try! BundleReader(path: bundle).verify()
      render(try! RecordedRun(opening: bundle))
    }
  }

  /// Reads the input as an archive, and writes its files to `run` below the directory. Only files
  /// in `run` itself or in one of `folders` are written, so that no file has the name of another
  /// file's folder.
  static func write(
    _ input: [UInt8], below directory: TemporaryDirectory, folders: [String]
  ) {
    var rest = input[...]
    while let (name, stored) = roughHeader(of: rest) {
      let content = rest.dropFirst(512).prefix(min(roughSize(of: rest), stored - 512))
      if isPath(name, folders) { directory.write(Array(content), to: "run/" + name) }
      rest = rest.dropFirst(stored)
    }
  }

  private static func isPath(_ name: String, _ folders: [String]) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = name.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    guard let last = parts.last, isPlain,
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else { return false }
    let folder = name.dropLast(last.count)
    return folder.isEmpty
      ? !folders.contains { $0 == name || $0.hasPrefix(name + "/") }
      : folders.contains(String(folder.dropLast())) && !folders.contains(name)
  }

  /// Plans with the program files of one directory. Each run's config has the keys of the file's
  /// config.
  static func programPlan(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    let config: CanonicalJSON = ["lr": 1, "seed": 0, "a": ["b.c": [1, 2], "": .null], "a.b": "x"]
    attemptRecord { () throws(RecordError) in
      let plan = try SweepPlan(yaml: text, file: "p.yaml") { $0 == "none" ? nil : config }
      for run in plan.experiments.flatMap(\.runs) {
        switch run.config {
        case .trainer: break
        case .program(let program):
          precondition(
            program.config.map { Set($0.leaves.keys) == Set(config.leaves.keys) } ?? true,
            "a key was made or lost")
        }
      }
    }
  }

  /// A plan has at most the allowed number of runs, and all are different.
  static func plan(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    attemptRecord { () throws(RecordError) in
      let plan = try SweepPlan(yaml: text, file: "p.yaml")
      let counts = plan.runCounts
      precondition(counts.counted + counts.extra <= SweepPlan.mostRuns, "too many runs")
      // The plan has no programs, and only a program could be refused here.
      let sweep = try! Sweep(plan)
      let uses = sweep.cells.reduce(0) { $0 + $1.uses.count }
      precondition(uses == counts.counted + counts.extra, "a run is lost")
      precondition(Set(sweep.cells.map(\.runID)).count == sweep.cells.count, "a cell is twice")
    }
  }

  /// Tests a file of claims, with one plan, against small runs, and makes every form of the answer.
  static func claims(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    let directory = TemporaryDirectory()
    directory.write(
      Array("preset: tiny\nexperiments: [{name: a, seeds: 1..3}]\n".utf8), to: "plan.yaml")
    directory.write(Array(text.utf8), to: "claims.yaml")
    attemptAny {
      let file = try ClaimsFile(path: directory.path + "/claims.yaml")
      let runs = try Evidence(file, runs: claimed)
      let table = ClaimsTable(file, runs: runs, released: nil)
      _ = (table.json.utf8, table.markdown, table.textLines, Headline(table: table, runs: runs).svg)
      _ = ClaimsReport(table: table, runs: runs, released: nil).html
      for claim in file.claims { precondition(table.explanation(of: claim.id) != nil, "no answer") }
      let count = Verdict.allCases.reduce(0) { $0 + table.count(of: $1) }
      precondition(count == file.claims.count, "a claim without a verdict")
    }
  }

  /// Six runs of the tiny preset that differ in seed and curves.
  private static let claimed: [RecordedRun] = (1...6).map { seed in
    var spec = Preset.tiny.spec
    spec.seed = UInt64(seed)
    var trace = Trace()
    for step in stride(from: 0, to: spec.maxSteps, by: spec.logInterval) {
      trace.metrics.append(
        MetricsRow(
          step: step, trainLoss: 1 / Double(step + seed), trainAccuracy: step > 30 * seed ? 1 : 0,
          validationLoss: 2, validationAccuracy: step > 50 * seed ? 1 : 0,
          squaredNorm: 20 + 400 / Double(step + 1)))
    }
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: 420,
      lastStep: trace.metrics.last?.step ?? -1, stopReason: .maxSteps)
    let digest = Digest(of: [UInt8(seed)])
    return RecordedRun(
      path: "r\(seed)", identities: .init(bundle: digest, result: digest),
      config: spec.canonicalJSON,
      trace: trace, outcome: outcome.json, environment: nil, checkpoints: [],
      readCheckpoint: { _ in [] })
  }

  /// Everything that `show`, `report` and `diff --html` draw and print of the run.
  private static func render(_ run: RecordedRun) {
    let summary = RunSummary(run)
    _ = (summary.factLines, summary.json.utf8)
    for isUnicode in [true, false] {
      let plots = summary.plots(TerminalPlot.Style(isUnicode: isUnicode, isColored: isUnicode))
      precondition(!plots.isEmpty, "no plot")
    }
    for report in [RunsReport([.trainer(run)]), RunsReport([.trainer(run), .trainer(run)])] {
      guard let report else { preconditionFailure("no report") }
      _ = (report.html, report.json.utf8)
    }
    attemptAny {
      let diff = try RunDiff(run, run)
      _ = (diff.textLines, diff.json.utf8, DiffReport(diff, of: run, and: run).html)
      precondition(diff.isIdentical, "a run differs from itself")
    }
  }
}
