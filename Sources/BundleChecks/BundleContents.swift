package import Archive
package import RunRecords

/// What the members of a bundle say, as far as they have come, and what they must say of each
/// other, by the kind of run.
package enum BundleContents {
  case trainer(TrainerContents)
  case program(ProgramContents)

  package init(_ kind: RunKind) {
    switch kind {
    case .trainer: self = .trainer(TrainerContents())
    case .program: self = .program(ProgramContents())
    }
  }

  package var kind: RunKind {
    switch self {
    case .trainer: .trainer
    case .program: .program
    }
  }

  /// Whether all records before the traces have been read.
  package var hasHead: Bool {
    switch self {
    case .trainer(let contents): contents.spec != nil && contents.outcome != nil
    case .program(let contents):
      contents.spec != nil && contents.inputs != nil && contents.outcome != nil
    }
  }

  /// Checks the list of results as far as that is possible before the members after it have come.
  package func check(expected: Manifest, manifest: Manifest) throws(BundleError) {
    switch self {
    case .trainer: try RunConsistency.check(expected: expected, manifest: manifest)
    case .program(let contents): try contents.check(expected: expected, manifest: manifest)
    }
  }

  /// Reads a record, and checks it against those before it.
  package mutating func read(
    _ name: MemberName, _ bytes: [UInt8], expected: Manifest
  ) throws(BundleError) {
    switch self {
    case .trainer(var contents):
      // With one owner, the contents are not copied when they change; they may be large.
      self = .trainer(TrainerContents())
      try contents.read(name, bytes, expected: expected)
      self = .trainer(contents)
    case .program(var contents):
      self = .program(ProgramContents())
      try contents.read(name, bytes, expected: expected)
      self = .program(contents)
    }
  }

  /// Checks what only all members together can show.
  package func finish(manifest: Manifest, expected: Manifest, checkpoints: Int) throws(BundleError)
  {
    switch self {
    case .trainer:
      guard checkpoints == 0 || checkpoints == expected.entries.count - 4 else {
        throw .damaged(.bag, "it holds some of the run's checkpoints, but not all")
      }
    case .program(let contents): try contents.finish(manifest: manifest, expected: expected)
    }
  }
}
