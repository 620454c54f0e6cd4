package import Digests
internal import Files
package import RunRecords

/// The result of one execution of a program, or of an adoption.
package struct ProgramAttempt: Sendable {
  package struct File: Sendable {
    /// The path in the record: `results/out/plot.png`.
    package var path: String
    package var size: Int
  }

  /// The directory that holds `results` and `checkpoints`.
  package var folder: String
  package var outcome: ProgramOutcome
  /// The curves that are compared; then those that are not.
  package var metrics: TraceTable
  package var observed: TraceTable
  /// The part of the outcome whose keys are not compared.
  package var observedOutcome: [CanonicalJSON.Key: CanonicalJSON]
  /// Sorted by the bytes of their paths.
  package var results: [File]
  package var checkpointSteps: [Int]
  /// What was left out, what lies where nobody may expect it, what was asked for in vain: one
  /// sentence for each.
  package var remarks: [String]
  /// The results that cannot be sealed. They are not compared, either.
  package var unsealable: [UnsealableFile]
  /// How long the program ran; 0 for an adoption.
  package var seconds: Double
}

extension ProgramAttempt {
  init(
    _ harvest: Harvest, spec: ProgramSpec, folder: String, ending: ProgramOutcome.Ending,
    remarks: [String], seconds: Double
  ) throws(ProgramError) {
    let compare = spec.compare
    var idle: [String] = []
    // Of a program that failed, much may be missing.
    if !ending.isFailure {
      let checkpoints = harvest.checkpointSteps.map(Self.checkpointPath)
      idle = compare.idleRules(
        columns: harvest.table.columns.map(\.name), outcome: harvest.found.keys.map(\.text),
        files: harvest.results.map(\.path) + checkpoints)
    }
    let (ignored, found) = (
      harvest.found.filter { compare.rule(outcome: $0.key.text) == .ignore },
      harvest.found.filter { compare.rule(outcome: $0.key.text) != .ignore }
    )
    self.init(
      folder: folder,
      outcome: try reading(try ProgramOutcome(found: found, ending: ending)),
      metrics: harvest.table.columns { compare.rule(column: $0) != .ignore },
      observed: harvest.table.columns { compare.rule(column: $0) == .ignore },
      observedOutcome: ignored, results: harvest.results,
      checkpointSteps: harvest.checkpointSteps, remarks: remarks + harvest.remarks + idle,
      unsealable: harvest.unsealable, seconds: seconds)
  }

  /// Writes the curves into the attempt's folder.
  func writeTables() throws(ProgramError) -> ProgramAttempt {
    let disk = Disk()
    try onDisk(try disk.makeDirectory(folder + "/" + ProgramRunDirectory.Name.trace))
    let (metrics, observed) = (
      ProgramRunDirectory.Name.metrics, ProgramRunDirectory.Name.observed
    )
    try onDisk(try disk.write(self.metrics.canonicalText, to: folder + "/" + metrics))
    try onDisk(try disk.write(self.observed.canonicalText, to: folder + "/" + observed))
    return self
  }
}

// MARK: Remarks

extension ProgramAttempt {
  private static let mostRecorded = 100

  /// The remarks for `environment.json`, which is sealed: also those on files that are not. There
  /// are at most a hundred, as that record has at most 1 MiB.
  var recordedRemarks: [String] {
    let all = remarks + unsealable.map { "not to be sealed: \($0)" }
    guard all.count > Self.mostRecorded else { return all }
    return all.prefix(Self.mostRecorded) + ["and \(all.count - Self.mostRecorded) more"]
  }
}

// MARK: Files

extension ProgramAttempt {
  /// The results that can be sealed, and so are compared.
  package var sealable: [File] {
    guard !unsealable.isEmpty else { return results }
    // Names are the same if their bytes are; Swift's strings are more lenient.
    let apart = Set(unsealable.map { CanonicalJSON.Key($0.path) })
    return results.filter { !apart.contains(CanonicalJSON.Key($0.path)) }
  }

  /// The path of a checkpoint in the record.
  static func checkpointPath(_ step: Int) -> String {
    ProgramRunDirectory.Name.checkpoints + "/" + Checkpoint.fileName(step: step)
  }

  /// The results that can be sealed and then the checkpoints, by their paths in the record, each
  /// with its digest.
  ///
  /// - Complexity: Reads every byte of the files.
  package func files() throws(ProgramError) -> [(file: File, digest: Digest)] {
    var files: [(file: File, digest: Digest)] = []
    for path in sealable.map(\.path) + checkpointSteps.map(Self.checkpointPath) {
      let place = folder + "/" + path
      let size = try onDisk(try FileStatus(ofLink: place)).size
      files.append((File(path: path, size: size), try InputStaging.digest(of: place)))
    }
    return files
  }

  /// A range of bytes of one of the files; fewer if the file ends before.
  package func bytes(of path: String, _ range: Range<Int>) throws(ProgramError) -> [UInt8] {
    var bytes: [UInt8] = []
    try onDisk(
      try FileTree.read(folder + "/" + path, from: range.lowerBound, most: range.count) {
        bytes += $0
      })
    return bytes
  }
}
