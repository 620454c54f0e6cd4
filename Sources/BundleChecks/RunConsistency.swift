package import Archive
package import RunRecords

/// What the records of a finished run must say of each other. Whoever reads them, from a bundle or
/// a run directory, checks it here.
package enum RunConsistency {
  private static let records: [MemberName] = [.config, .outcome, .metrics, .hashes]

  /// The paths of `expected-sha256.txt`: the records, then the checkpoints that the run keeps.
  package static func resultPaths(checkpointSteps steps: [Int]) -> [String] {
    (records + steps.map { .checkpoint(step: $0) }).map { $0.resultPath! }
  }

  /// Checks the trace's rows, and that they give this outcome.
  ///
  /// - Returns: The steps whose checkpoints such a run keeps.
  package static func checkpointSteps(
    of trace: Trace, spec: RunSpec, outcome: Outcome
  ) throws(BundleError) -> [Int] {
    let found: Outcome
    do {
      found = try Outcome(
        of: trace, spec: spec, initialSquaredNorm: outcome.initialSquaredNorm)
    } catch {
      throw .damaged(.trace, error.description)
    }
    guard found == outcome else {
      throw .damaged(
        .trace, member: MemberName.outcome.path, detail: "the trace gives another outcome")
    }
    return Schedule(spec).checkpointSteps(
      lastStep: outcome.lastStep, stopReason: outcome.stopReason)
  }

  /// The same, and checks that the list of results names exactly these checkpoints.
  package static func checkpointSteps(
    of trace: Trace, spec: RunSpec, outcome: Outcome, listedIn expected: Manifest
  ) throws(BundleError) -> [Int] {
    let steps = try checkpointSteps(of: trace, spec: spec, outcome: outcome)
    guard expected.checkpointSteps == steps else { throw listsOtherResults }
    return steps
  }

  /// Checks the list of results as far as that is possible without the trace: it begins with the
  /// records, checkpoints follow, and what the bundle holds has the manifest's digests.
  package static func check(expected: Manifest, manifest: Manifest) throws(BundleError) {
    let steps = expected.checkpointSteps
    guard expected.entries.map({ $0.path }) == resultPaths(checkpointSteps: steps) else {
      throw listsOtherResults
    }
    let held = manifest.digests
    for entry in expected.entries {
      let path = "data/" + entry.path
      if let digest = held[path], digest != entry.digest {
        throw .damaged(
          .manifest, member: path, detail: "its SHA-256 is not the expected result's")
      }
    }
  }

  private static var listsOtherResults: BundleError {
    .damaged(
      .manifest, member: MemberName.expected.path, detail: "it does not list the run's results")
  }
}

extension Manifest {
  /// The steps of the checkpoints that a list of results names, in its order.
  package var checkpointSteps: [Int] {
    entries.compactMap { entry in
      if case .checkpoint(let step) = MemberName(path: "data/" + entry.path, of: .trainer) {
        step
      } else {
        nil
      }
    }
  }
}
