import Digests
private import Files
package import RunRecords

/// Records results that already exist. Nothing is executed, so there is no evidence that the
/// program produces them.
package struct ProgramAdoption {
  /// The same as for a run, but without the digest of the results. `ranHere` has no meaning.
  package let spec: ProgramSpec
  package let inputs: ProgramInputs
  /// The directory of the results. Nothing in it is changed.
  package let source: String
  package var command: [String] = []
  /// Whether curves or outcome were asked for by name.
  package var isDeclared = false
  /// Files of curves and outcome that were asked for by name. It is said if one is not there.
  package var named: [String] = []

  package init(spec: ProgramSpec, inputs: ProgramInputs, source: String) {
    self.spec = spec
    self.inputs = inputs
    self.source = source
  }

  private typealias Name = ProgramRunDirectory.Name

  /// - Parameters:
  ///   - output: Where to put the record; nil: under its run id in `folder`.
  ///   - base: The directory to which paths are relative.
  /// - Returns: The record, and its spec with the digest of the results.
  package func perform(
    output: String?, folder: String, base: String
  ) throws(ProgramError) -> (record: ProgramRecording, spec: ProgramSpec) {
    guard let source = FileTree.resolved(source.hasPrefix("/") ? source : base + "/" + source),
      try onDisk(try FileStatus(of: source)).kind == .directory
    else { throw .input(path: self.source, reason: "there is no such directory") }
    let directory = ProgramRunDirectory(
      output ?? folder + "/.adopting-\(processNumber())", in: base)
    let lock = try directory.begin()
    var log = ProgramLog(command: command)
    do throws(ProgramError) {
      try directory.write(log.json.utf8, to: Name.run)
      var harvest = Harvest(
        spec: spec, isWhole: true, isDeclared: isDeclared, repetition: .lastWins, named: named)
      try harvest.take(
        [
          Harvest.Place(
            path: source, name: "out", before: [:],
            ignored: [FileTree.resolved(directory.path) ?? directory.path])
        ], into: directory.path)
      var attempt = try ProgramAttempt(
        harvest, spec: spec, folder: directory.path, ending: .unknown, remarks: [], seconds: 0)
      _ = try attempt.writeTables()
      var adopted = spec
      adopted.adopted = try attempt.resultDigest(compare: spec.compare)
      try directory.write(adopted.bytes, to: Name.program)
      try directory.write(inputs.list.bytes, to: Name.inputList)
      try ProgramRun(spec: adopted, inputs: inputs, directory: directory, base: base)
        .keepInputs(in: directory)
      try directory.write([], to: Name.log)
      log.ended = currentTime()
      let environment: CanonicalJSON = [
        "tool": .string("\(Software.name) \(Software.version)"), "isolated": false,
        "variables": [:], "observed_outcome": .object(attempt.observedOutcome),
        "remarks": .array(attempt.recordedRemarks.map { .string($0) }),
      ]
      try directory.finish(attempt, environment: environment, log: log)
      var final = directory
      if output == nil {
        final = try ProgramRunDirectory.unused(folder + "/" + adopted.runID, in: base)
        try onDisk(try FileTree.move(directory.path, to: final.path))
        attempt.folder = final.path
      }
      return (
        ProgramRecording(attempt: attempt, advice: [], directory: final, lock: lock), adopted
      )
    } catch {
      // Everything in it is a copy.
      try? FileTree.remove(directory.path)
      throw error
    }
  }
}

extension ProgramAttempt {
  /// SHA-256 of one line `DIGEST  PATH` for each file of the result: `outcome.json`,
  /// `trace/metrics.csv`, then the results that are compared, by path, then the checkpoints, by
  /// step.
  func resultDigest(compare: ComparePolicy) throws(ProgramError) -> Digest {
    var hasher = Digest.Hasher()
    func add(_ digest: Digest, _ path: String) {
      hasher.update(Array("\(digest.hex)  \(path)\n".utf8))
    }
    add(Digest(of: outcome.bytes), ProgramRunDirectory.Name.outcome)
    add(Digest(of: metrics.canonicalText), ProgramRunDirectory.Name.metrics)
    for result in sealable where compare.rule(file: result.path) != .ignore {
      add(try InputStaging.digest(of: folder + "/" + result.path), result.path)
    }
    for step in checkpointSteps {
      let path = Self.checkpointPath(step)
      if compare.rule(file: path) != .ignore {
        add(try InputStaging.digest(of: folder + "/" + path), path)
      }
    }
    return hasher.finish()
  }
}
