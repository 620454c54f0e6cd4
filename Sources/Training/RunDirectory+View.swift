private import Files
package import RunRecords

extension RunDirectory {
  /// Makes this the directory of a finished run whose rows `source` has logged: a run of another log interval or stop
  /// rule that took the same steps. One that is finished already stays as it is.
  package func recordView(
    of source: RunDirectory, spec: RunSpec, trace: Trace, outcome: Outcome
  ) throws(TrainingError) {
    let lock = try lock()
    defer { withExtendedLifetime(lock) {} }
    if let found = try readSpec(), found != spec {
      throw .notOurs(path: path, reason: "it holds the run \(found.runID)")
    }
    if try readOutcome() != nil { return }
    try write(spec.canonicalJSON, to: Name.config)
    try makeDirectory("trace")
    try write(trace.metricsCSV, to: Name.metrics)
    try write(trace.hashesCSV, to: Name.hashes)
    for name in [Name.environment, Name.run] {
      try write(.object(try source.readObject(name)), to: name)
    }
    try recordDays()
    try write(outcome.json, to: Name.outcome)
  }

  /// Leaves of the times in `run.json` the days, the last one being today when the run has none, and no interruptions: what
  /// is then sealed depends on neither the speed of the machine nor on when it was interrupted.
  package func recordDays() throws(TrainingError) {
    var members = try readObject(Name.run)
    for key: CanonicalJSON.Key in ["started", "ended"] {
      let time = members[key]?.stringValue ?? currentTime()
      members[key] = .string(time.prefix(10) + "T00:00:00.000+00:00")
    }
    members["resumes"] = .array([])
    try write(.object(members), to: Name.run)
  }

  /// The digests of what stood before the run, as its environment has them; nil before there is one, which is
  /// before the first step.
  func readBefore() throws(TrainingError) -> [CanonicalJSON.Key: CanonicalJSON]? {
    guard try content(of: Name.environment) != nil else { return nil }
    return try readObject(Name.environment).filter { RunEnvironment.before.contains($0.key) }
  }

  private typealias Members = [CanonicalJSON.Key: CanonicalJSON]

  private func readObject(_ name: String) throws(TrainingError) -> Members {
    guard let bytes = try content(of: name),
      case .object(let members)? = try? CanonicalJSON(canonical: bytes)
    else { throw .damaged(path: path(of: name), reason: "not canonical JSON") }
    return members
  }
}
