package import Digests
internal import Files
package import RunRecords

/// What one execution of a program gave, or what was adopted.
package struct ProgramAttempt: Sendable {
  package struct File: Sendable {
    /// As the record names it: `results/out/plot.png`.
    package var path: String
    package var size: Int
  }

  /// Where `results` and `checkpoints` lie.
  package var folder: String
  package var outcome: ProgramOutcome
  /// The curves that are compared, and those that are not.
  package var metrics: TraceTable
  package var observed: TraceTable
  /// What it found under keys that are not compared.
  package var observedOutcome: [CanonicalJSON.Key: CanonicalJSON]
  /// By path, as bytes sort.
  package var results: [File]
  package var checkpointSteps: [Int]
  /// Inputs that the program changed in place; they are results.
  package var changedInputs: [String]
  /// What was left out, what stands where nobody may expect it, what cannot be sealed: a sentence
  /// each.
  package var remarks: [String]
  /// Whether something that cannot be sealed is among the results.
  package var unsealable: [String]
  /// How long the program ran; 0 of what was adopted.
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

  /// Writes the curves into its folder.
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

// MARK: Its files

extension ProgramAttempt {
  /// The results and then the checkpoints, as the record names them, each with its digest.
  ///
  /// - Complexity: Reads every byte of them.
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

  /// Bytes of one of them; fewer where it ends before.
  package func bytes(of path: String, _ range: Range<Int>) throws(ProgramError) -> [UInt8] {
    var bytes: [UInt8] = []
    try onDisk(
      try FileTree.read(folder + "/" + path, from: range.lowerBound, most: range.count) {
        bytes += $0
      })
    return bytes
  }
}
