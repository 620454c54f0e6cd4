import Archive
public import Bundles
import Comparison
import Digests
import Files
public import RunRecords
import Training

extension ReplayReport {
  /// What is to be said of it under a signature; nil where nothing was found out, or the run is in
  /// no bundle.
  ///
  /// - Throws: `FileError` where the file of this program cannot be read.
  public func statement(on run: RecordedRun) throws -> ReplayStatement? {
    guard let identities = run.identities else { return nil }
    let verdict: ReplayStatement.Verdict
    let differences: [ReplayStatement.Difference]
    switch self.verdict {
    case .identical: (verdict, differences) = (.identical, [])
    case .different(let finding): (verdict, differences) = (.different, finding.differences)
    case .impossible: return nil
    }
    return ReplayStatement(
      kind: .trainer, result: identities.result, bundle: identities.bundle,
      config: Digest(of: run.config.utf8), verdict: verdict,
      extent: sample.map { .sample(segments: $0.segments, of: $0.of, seed: $0.seed) } ?? .whole,
      differences: differences, build: try .current(), instructions: RunEnvironment.instructions,
      threads: jobs, steps: stepsExecuted, day: String(currentTime().prefix(10)))
  }
}

extension ProgramReplay.Report {
  /// What is to be said of it under a signature; nil where nothing was compared, or the run is in
  /// no bundle.
  ///
  /// - Throws: `FileError` where the file of this program cannot be read.
  package func statement(on run: RecordedProgram) throws -> ReplayStatement? {
    guard let identities = run.identities else { return nil }
    let verdict: ReplayStatement.Verdict
    switch comparison.verdict {
    case _ where endedAt != nil: verdict = .different
    case .identical: verdict = .identical
    case .within: verdict = .within
    case .different: verdict = .different
    case .notComparable: return nil
    }
    let processor = kernelName().split(separator: " ").last.map(String.init) ?? "unknown"
    return ReplayStatement(
      kind: .program, result: identities.result, bundle: identities.bundle,
      config: Digest(of: run.spec.bytes), verdict: verdict, extent: .whole,
      differences: (endedAt.map { [$0] } ?? comparison.findings).map(\.difference),
      build: try .current(), instructions: processor, threads: nil,
      steps: endedAt?.step ?? run.metrics.steps.last, day: String(currentTime().prefix(10)))
  }
}

extension ReplayStatement.Build {
  /// This program.
  fileprivate static func current() throws(FileError) -> Self {
    var hasher = Digest.Hasher()
    try FileTree.read(ProcessFacts.executable) { hasher.update($0) }
    return Self(
      software: "\(Software.name) \(Software.version)", digest: hasher.finish(),
      configuration: RunEnvironment.configuration, compiler: RunEnvironment.compiler)
  }
}

// MARK: Differences

extension ReplayFinding {
  fileprivate var differences: [ReplayStatement.Difference] {
    switch self {
    case .row(let step, let cells, _):
      cells.map {
        .init("column", name: $0.column, step: step, distance: $0.distance, ulps: $0.ulps)
      }
    case .noRow: [.init("no-row", step: step)]
    case .unexpectedRow: [.init("unexpected-row", step: step)]
    case .checkpoint(_, let difference):
      [
        .init(
          "checkpoint", name: difference?.tensors.first?.name, step: step,
          ulps: difference?.tensors.first?.largestULPs)
      ]
    case .noCheckpoint: [.init("no-checkpoint", step: step)]
    case .unexpectedCheckpoint: [.init("unexpected-checkpoint", step: step)]
    case .diverged: [.init("diverged", step: step)]
    case .didNotDiverge: [.init("did-not-diverge", step: step)]
    case .outcome(_, let keys): keys.map { $0.difference(step: step) }
    }
  }
}

extension CellDifference {
  fileprivate var distance: Distance {
    switch (a, b) {
    case (.number(let a), .number(let b)): Distance(a, b)
    case (.digest, _), (_, .digest): .text
    }
  }
}

extension TensorDifference {
  fileprivate var largestULPs: UInt64? {
    switch kind {
    case .values(let values): values.largest.ulps
    case .onlyInA, .onlyInB, .shape: nil
    }
  }
}

extension KeyDifference {
  fileprivate func difference(step: Int? = nil) -> ReplayStatement.Difference {
    var distance = Distance.text
    if let a = a?.doubleValue, let b = b?.doubleValue { distance = Distance(a, b) }
    return .init(
      "outcome", name: a == nil || b == nil ? nil : key, step: step, distance: distance, ulps: ulps)
  }
}

extension ProgramFinding {
  fileprivate var difference: ReplayStatement.Difference {
    switch what {
    case .program: .init("program")
    case .rows: .init("rows", step: step)
    case .columnOnlyInA: .init("column-only-in-record")
    case .columnOnlyInB: .init("column-only-in-replay")
    case .column(let difference, _):
      .init(
        "column", name: difference.name, step: step, distance: difference.largest.distance,
        ulps: difference.largest.ulps)
    case .outcome(let key): key.difference()
    case .ending: .init("ending")
    case .fileOnlyInA: .init("file-only-in-record")
    case .fileOnlyInB: .init("file-only-in-replay")
    case .file(let path, let difference):
      .init(
        "file", name: path, distance: difference?.farthest?.distance,
        ulps: difference?.farthest?.ulps)
    }
  }
}

extension FileDifference {
  /// Of all that differs.
  fileprivate var farthest: Item? {
    parts.map(\.largest).max { $0.distance < $1.distance }
  }
}
