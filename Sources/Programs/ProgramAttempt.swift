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
  /// Inputs that the program changed in place. They are results, too.
  package var changedInputs: [String]
  /// What was left out, what lies where nobody may expect it, what cannot be sealed: a sentence
  /// each.
  package var remarks: [String]
  /// The results that cannot be sealed, with the reason; empty if all can be.
  package var unsealable: [String]
  /// How long the program ran; 0 for an adoption.
  package var seconds: Double
}

extension ProgramAttempt {
  init(
    _ harvest: Harvest, spec: ProgramSpec, folder: String, ending: ProgramOutcome.Ending,
    remarks: [String], seconds: Double
  ) throws(ProgramError) {
    let compare = spec.compare
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
      checkpointSteps: harvest.checkpointSteps, changedInputs: harvest.changedInputs,
      remarks: remarks + harvest.remarks, unsealable: harvest.unsealable, seconds: seconds)
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

// MARK: Files

extension ProgramAttempt {
  /// The results and then the checkpoints, by their paths in the record, each with its digest.
  ///
  /// - Complexity: Reads every byte of the files.
  package func files() throws(ProgramError) -> [(file: File, digest: Digest)] {
    var files: [(file: File, digest: Digest)] = []
    let checkpoints = checkpointSteps.map {
      ProgramRunDirectory.Name.checkpoints + "/" + Checkpoint.fileName(step: $0)
    }
    for path in results.map(\.path) + checkpoints {
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
