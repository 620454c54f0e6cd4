import Archive
public import Bundles
public import Digests
public import Replay
public import RunRecords

/// One self-contained HTML page with the curves of several runs and a table of their differences.
public struct RunsReport {
  private let comparison: RunComparison
  private let witnesses: [Digest: Witnesses]

  /// - Parameters:
  ///   - runs: At least one.
  ///   - key: The key of the config by which the curves are coloured; nil leaves the choice to us.
  ///     Where no run has it there is no report.
  ///   - witnesses: What is said of results by those who performed the runs again.
  public init?(
    _ runs: [OpenedRun], by key: String? = nil, witnesses: [Digest: Witnesses] = [:]
  ) {
    precondition(!runs.isEmpty, "there is no report on no runs")
    guard let comparison = RunComparison(runs, by: key, isWorded: true) else { return nil }
    self.comparison = comparison
    self.witnesses = witnesses
  }

  public var html: String {
    let title = Figures.count(comparison.runs.count, "run")
    return Page.html(
      title: title,
      body: """
        <h1>\(title)</h1>
        <p>\(HTML.escaped(summary))</p>
        \(comparison.intervalNote)\(Page.figures(comparison.figures))
        \(comparison.groupTable)<h2>What differs</h2>
        \(comparison.differenceTable())\(comparison.commonTable)
        <h2>The runs</h2>
        \(comparison.sources(witnesses))
        """)
  }

  /// "Their configs differ in optimizer.weight_decay and seed. Coloured by optimizer.weight_decay."
  public var summary: String {
    let keys = comparison.tellingKeys
    var sentence = "Their configs differ in \(keys.joined(separator: ", "))."
    if keys.isEmpty { sentence = "All have the same config." }
    if comparison.runs.count == 1 { sentence = "One run." }
    if let key = comparison.key { sentence += " Coloured by \(key)." }
    return sentence
  }

  public var json: CanonicalJSON {
    [
      "differing": .array(comparison.differingKeys.map { .string($0) }),
      "colored_by": comparison.key.map { .string($0) } ?? .null,
      "runs": .array(
        comparison.runs.map { run in
          [
            "path": .string(run.path), "run": .string(run.runID), "config": run.config,
            "kind": .string(run.kind.rawValue), "outcome": run.outcome,
            "bundle_sha256": run.identities.map { .string($0.bundle.hex) } ?? .null,
            "result_sha256": run.identities.map { .string($0.result.hex) } ?? .null,
            "replays": run.identities.flatMap { witnesses[$0.result]?.json } ?? .null,
          ]
        }),
    ]
  }
}
