package import Archive
package import RunRecords

/// What the members of a bundle say of a trainer's run.
package struct TrainerContents {
  package private(set) var spec: RunSpec?
  package private(set) var outcome: Outcome?
  /// The rows of `hashes.csv` at the steps whose checkpoints the run keeps.
  package private(set) var hashRows: [Int: HashRow] = [:]
  private var metricsCSV: [UInt8] = []

  package mutating func read(
    _ name: MemberName, _ bytes: [UInt8], expected: Manifest
  ) throws(BundleError) {
    switch name {
    case .config: spec = try RunSpec(bundled: try CanonicalJSON(member: name, bytes))
    case .outcome:
      guard let outcome = Outcome(json: try CanonicalJSON(member: name, bytes)) else {
        throw .damaged(.json, member: name.path, detail: "it is not an outcome")
      }
      self.outcome = outcome
    case .metrics: metricsCSV = bytes
    case .hashes: try readTrace(hashesCSV: bytes, expected: expected)
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .program,
      .inputList, .expected, .environment, .repeats, .leftOut, .crate, .preview, .observed, .log,
      .input, .result, .checkpoint:
      preconditionFailure("\(name.path) is no record of a trainer's run")
    }
  }

  private mutating func readTrace(hashesCSV: [UInt8], expected: Manifest) throws(BundleError) {
    guard let spec, let outcome else { return }
    let trace: Trace
    do {
      trace = try Trace(
        metricsCSV: metricsCSV, hashesCSV: hashesCSV, added: spec.addedHeadings)
    } catch {
      throw .damaged(.trace, error.description)
    }
    metricsCSV = []
    let steps = try RunConsistency.checkpointSteps(
      of: trace, spec: spec, outcome: outcome, listedIn: expected)
    let kept = Set(steps)
    for row in trace.hashes where kept.contains(row.step) { hashRows[row.step] = row }
  }

  /// Whether checkpoints that the run has are left out. Either all or none are.
  package static func isThin(manifest: Manifest, expected: Manifest) -> Bool {
    let hasCheckpoints = manifest.entries.contains { $0.path.hasPrefix("data/checkpoints/") }
    return !hasCheckpoints && expected.entries.count > 4
  }
}

extension RunSpec {
  /// The config of a bundle or a run directory.
  package init(bundled json: CanonicalJSON) throws(BundleError) {
    do {
      try self.init(json: json)
    } catch .unknownNumerics(let version) {
      throw .unsupported(
        detail: "the run is of numerics \(version), which this program does not have")
    } catch .unknownConfig(let key, let reason) {
      throw .unsupported(detail: "\(RecordError.unknownConfig(key: key, reason: reason))")
    } catch {
      throw .damaged(.configLimit, member: MemberName.config.path, detail: error.description)
    }
  }
}
