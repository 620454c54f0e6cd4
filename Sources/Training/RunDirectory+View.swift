private import Files
package import RunRecords

extension RunDirectory {
  /// A run with another log interval or stop rule that took the steps of this one, in sealed form.
  package func performed(
    _ spec: RunSpec, trace: Trace, outcome: Outcome
  ) throws(TrainingError) -> PerformedRun {
    let run = try readObject(Name.run)
    var command: [String] = []
    if case .array(let words)? = run["command"] { command = words.compactMap(\.stringValue) }
    return PerformedRun(
      spec: spec, trace: trace, outcome: outcome, checkpoints: [],
      environment: .object(try readObject(Name.environment)),
      started: day(of: run["started"]?.stringValue ?? currentTime()),
      ended: day(of: run["ended"]?.stringValue ?? currentTime()), command: command)
  }

  /// Reduces the times in `run.json` to days, and removes interruptions. What is then sealed
  /// depends neither on the machine's speed nor on when the run was interrupted.
  package func recordDays() throws(TrainingError) {
    var members = try readObject(Name.run)
    for key: CanonicalJSON.Key in ["started", "ended"] {
      members[key] = .string(day(of: members[key]?.stringValue ?? currentTime()))
    }
    members["resumes"] = .array([])
    try write(.object(members), to: Name.run)
  }

  /// The digests of what preceded the run, as its environment holds them. Nil if there is no
  /// environment yet, that is, before the first step.
  func readBefore() throws(TrainingError) -> [CanonicalJSON.Key: CanonicalJSON]? {
    guard try content(of: Name.environment) != nil else { return nil }
    return try readObject(Name.environment).filter { RunEnvironment.before.contains($0.key) }
  }

  typealias Members = [CanonicalJSON.Key: CanonicalJSON]

  func readObject(_ name: String) throws(TrainingError) -> Members {
    func damaged(_ reason: String) -> TrainingError {
      .damaged(path: path(of: name), reason: reason)
    }
    guard let bytes = try content(of: name) else { throw damaged("it is missing") }
    let json: CanonicalJSON
    do throws(RecordError) {
      json = try CanonicalJSON(canonical: bytes)
    } catch {
      throw damaged("it is not canonical JSON: \(error)")
    }
    guard case .object(let members) = json else {
      throw damaged("it is JSON, but not an object of keys and values")
    }
    return members
  }
}
