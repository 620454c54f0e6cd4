import Archive
public import Bundles
import Comparison
import Digests
import Files
public import RunRecords
import Training

extension ReplayReport {
  /// The statement to sign about this replay; nil if nothing was found out, or if the run is not in
  /// a bundle.
  ///
  /// - Throws: `FileError` if the file of this program cannot be read.
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
  /// The statement to sign about this replay; nil if nothing was compared, or if the run is not in
  /// a bundle.
  ///
  /// - Throws: `FileError` if the file of this program cannot be read.
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
  /// The build of this program.
  fileprivate static func current() throws(FileError) -> Self {
    var hasher = Digest.Hasher()
    try FileTree.read(ProcessFacts.executable) { hasher.update($0) }
    return Self(
      software: "\(Software.name) \(Software.version)", digest: hasher.finish(),
      configuration: RunEnvironment.configuration, compiler: RunEnvironment.compiler)
  }
}

// MARK: Differences

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
  /// The farthest of all differences.
  fileprivate var farthest: Item? {
    parts.map(\.largest).max { $0.distance < $1.distance }
  }
}
