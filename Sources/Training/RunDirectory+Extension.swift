private import Files
internal import RunRecords

extension RunDirectory {
  /// Turns the directory of one run into that of another, which takes the same steps, has all of
  /// its rows, and goes on further (SPEC.md 2.7). Even if the process is ended meanwhile, one of
  /// the two runs can be resumed.
  ///
  /// - Parameter mayChange: Whether it may become the other run, if that is such a run.
  /// - Throws: `notOurs`, with the keys that differ, if it does not become the other run.
  func extend(
    _ found: RunSpec, to spec: RunSpec, mayChange: Bool
  ) throws(TrainingError) {
    let differences = Self.differences(of: found, from: spec)
    let trace = try readTracePrefix(of: found)
    guard mayChange, Self.canExtend(found, to: spec, trace) else {
      throw .notOurs(
        path: path,
        reason: "it holds the run \(found.runID), but this config is that of \(spec.runID): "
          + differences
          + (mayChange ? "; --resume can only move the end of a run to a later step" : ""))
    }
    Notice.say("\(path): \(differences); it continues as the run \(spec.runID)")
    // With its new id the state is not part of the old run, which skips it.
    if let state = try newestState(found, trace, through: Schedule(spec).lastStep) {
      try writeCheckpoint(state, of: spec, in: Name.resume)
    }
    try remove(Name.outcome)
    try write(spec.canonicalJSON, to: Name.config)
    for step in try checkpointSteps(in: Name.checkpoints) {
      if Schedule(spec).isCheckpointed(step),
        let kept = try state(of: step, in: Name.checkpoints, found, trace)
      {
        try writeCheckpoint(kept, of: spec, in: Name.checkpoints)
      } else {
        try remove(Self.checkpointName(in: Name.checkpoints, step: step))
      }
    }
  }

  /// Whether all rows of `found` so far are those of `spec`, and none comes after the end of
  /// `spec`.
  private static func canExtend(_ found: RunSpec, to spec: RunSpec, _ trace: Trace) -> Bool {
    guard found.trajectoryKey == spec.trajectoryKey, found.logInterval == spec.logInterval,
      found.checkpointInterval == spec.checkpointInterval
    else { return false }
    var course = RunCourse(spec)
    return trace.metrics.allSatisfy { course.advance(by: $0) }
  }

  /// "max_steps is 400 there and 800 in the config".
  private static func differences(of found: RunSpec, from spec: RunSpec) -> String {
    let (there, here) = (found.canonicalJSON.leaves, spec.canonicalJSON.leaves)
    func text(_ value: CanonicalJSON?) -> String {
      value.map { $0.stringValue ?? $0.text } ?? "none"
    }
    let keys = Set(there.keys).union(here.keys).filter { there[$0] != here[$0] }.sorted()
    let shown = keys.prefix(5).map {
      "\($0) is \(text(there[$0])) there and \(text(here[$0])) here"
    }
    return shown.joined(separator: ", ")
      + (keys.count > 5 ? ", and \(keys.count - 5) more differ" : "")
  }
}

// MARK: Of bundles

extension RunDirectory {
  /// Refuses to perform a run in a directory whose files come from a bundle: one that was unpacked,
  /// or that `replay --fill` has made. Lists of digests lie there that the files would no longer
  /// have. Nothing is written before.
  func refuseFilesOfBundle() throws(TrainingError) {
    // A directory without a run is somebody else's, which `lock` says.
    guard isThere(path(of: Name.config)), isThere(path(of: "expected-sha256.txt")) || isPayload
    else { return }
    throw .notOurs(
      path: path,
      reason: "its files are those of a bundle, whose digests are listed, so no run changes them; "
        + "continue a copy elsewhere, without expected-sha256.txt, or perform the run anew with "
        + "regrok run BUNDLE -o NEW")
  }

  /// Whether it is the `data` of a bundle that was unpacked.
  private var isPayload: Bool {
    guard isThere(path + "/../bagit.txt"), let own = try? FileStatus(of: path),
      let data = try? FileStatus(of: path + "/../data")
    else { return false }
    return own.device == data.device && own.inode == data.inode
  }

  /// What cannot be examined is reported by whoever uses it.
  private func isThere(_ path: String) -> Bool { (try? disk.exists(path)) ?? false }
}

// MARK: Finished

extension RunDirectory {
  /// Checks that everything of a finished run is there, and that its last checkpoint is one of this
  /// config. Those who read the other checkpoints check their content.
  func checkFinished(_ spec: RunSpec, _ outcome: Outcome) throws(TrainingError) {
    func damaged(_ name: String, _ reason: String) -> TrainingError {
      .damaged(
        path: path(of: name),
        reason: reason
          + ", though the run has an \(Name.outcome); begin it again in another directory")
    }
    for name in [Name.metrics, Name.hashes, Name.environment, Name.run]
    where try !onDisk(try disk.exists(path(of: name))) {
      throw damaged(name, "it is missing")
    }
    let trace = try readTracePrefix(of: spec)
    let own = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: outcome.initialSquaredNorm,
      lastStep: trace.metrics.last?.step ?? -1, stopReason: outcome.stopReason)
    guard own == outcome else {
      throw damaged("trace", "its rows are not those of the outcome")
    }
    let kept = Set(try checkpointSteps(in: Name.checkpoints))
    let steps = Schedule(spec).checkpointSteps(
      lastStep: outcome.lastStep, stopReason: outcome.stopReason)
    if let step = steps.first(where: { !kept.contains($0) }) {
      throw .damaged(
        path: path(of: Self.checkpointName(in: Name.checkpoints, step: step)),
        reason: "it is missing, though the run has an \(Name.outcome); once that is removed, "
          + "--resume computes it anew")
    }
    guard let last = steps.last else { return }
    do throws(CheckpointFault) {
      _ = try validated(step: last, in: Name.checkpoints, spec: spec, trace: trace)
    } catch {
      switch error {
      case .unfit(let reason):
        throw damaged(Self.checkpointName(in: Name.checkpoints, step: last), reason)
      case .unreadable(let error): throw error
      }
    }
  }
}
