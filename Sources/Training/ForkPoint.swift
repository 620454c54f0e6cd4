private import Files
package import RunRecords

/// The state of a run after one of its steps. Other runs, which are changed only after that step,
/// go on from it (SPEC.md 2.1).
package struct ForkPoint: Sendable {
  /// The rows up to the step.
  let trace: Trace
  let checkpoint: Checkpoint
  let environment: CanonicalJSON
  /// When the run began.
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

  /// The rows for a run that goes on from here and logs at another interval, a multiple of this
  /// one.
  func trace(_ schedule: Schedule) -> Trace {
    trace.rows(where: schedule.isLogged)
  }
}

extension RunDirectory {
  /// Makes a new directory at `path`: that of a run which ends with the state from which others go
  /// on. Without a state, it says that the run ended before. The directory appears only when it is
  /// complete.
  ///
  /// - Returns: Whether the directory is new.
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
      // Another process may have made it meanwhile, with the same content.
      if (try? Disk().exists(path)) == true { return false }
      throw .file(error)
    }
  }

  /// The state of `step` that `write` has left for a run of `spec`; nil if there is none, or if it
  /// is invalid.
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
