private import Files
package import RunRecords

/// The state of a run after one of its steps, from which others go on that are changed only then
/// (SPEC.md 2.1).
package struct ForkPoint: Sendable {
  /// Up to the step.
  let trace: Trace
  let checkpoint: Checkpoint
  let environment: CanonicalJSON
  /// When the run was begun.
  let started: String
  package var step: Int { checkpoint.step }

  package init(
    _ checkpoint: Checkpoint, _ trace: Trace, environment: CanonicalJSON, started: String
  ) {
    self.checkpoint = checkpoint
    self.trace = trace
    self.environment = environment
    self.started = started
  }

  /// The rows of a run that goes on from here and is logged at another interval, a multiple of the
  /// one here.
  func trace(_ schedule: Schedule) -> Trace {
    trace.rows(where: schedule.isLogged)
  }
}

extension RunDirectory {
  /// Makes this, which is new, the directory of a run that ends with the state from which others go
  /// on; without one, of a run that has ended before. It appears with all that it has.
  ///
  /// - Returns: Whether it was not there before.
  package static func write(
    _ point: ForkPoint?, of spec: RunSpec, to path: String
  ) throws(TrainingError) -> Bool {
    do throws(FileError) {
      let folder = try NewDirectory(path: path)
      try folder.write(spec.canonicalJSON.utf8[...], to: Name.config)
      if let point {
        try folder.write(point.environment.utf8[...], to: Name.environment)
        let run: CanonicalJSON = ["started": .string(point.started)]
        try folder.write(run.utf8[...], to: Name.run)
        try folder.write(point.trace.metricsCSV[...], to: Name.metrics)
        try folder.write(point.trace.hashesCSV[...], to: Name.hashes)
        let bytes = Safetensors.encode(
          point.checkpoint, runID: spec.runID, numerics: spec.numerics)
        try folder.write(
          bytes[...], to: checkpointName(in: Name.resume, step: point.checkpoint.step))
      }
      try folder.appear()
      return true
    } catch {
      // Another may have made it meanwhile; what it has is the same.
      if (try? Disk().exists(path)) == true { return false }
      throw .file(error)
    }
  }

  /// The state of `step` that `write` left, of a run of `spec`; nil where there is none, or none
  /// that holds.
  package func readForkPoint(_ spec: RunSpec, step: Int) -> ForkPoint? {
    // A state names its run, whose id is the spec's.
    guard let trace = try? readTracePrefix(of: spec),
      let checkpoint = try? validated(step: step, in: Name.resume, spec: spec, trace: trace),
      let environment = try? readObject(Name.environment),
      let started = (try? readObject(Name.run))?["started"]?.stringValue
    else { return nil }
    return ForkPoint(
      checkpoint, trace.rows { $0 <= step }, environment: .object(environment), started: started)
  }
}
