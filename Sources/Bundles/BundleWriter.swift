public import Archive
public import ArchiveFiles
import BundleChecks
import Digests
private import Files
public import RunRecords

/// Seals finished runs.
public enum BundleWriter {
  /// Levels of zstd that a bundle may be written with.
  public static let levels = ArchiveWriter.levels
  /// The level for everything but checkpoints, if none is given.
  public static let defaultLevel = 6
  /// The level for checkpoints, if none is given: a longer search finds no repetitions in the bits
  /// of trained weights.
  public static let defaultCheckpointLevel = 1

  /// Writes the run in `run`, a directory or a bundle, as a bundle to the file `path`.
  ///
  /// The same run, tool version and level give the same bytes. If `run` is a bundle, it is verified
  /// first and its results keep their identity; the licence and publisher that it states stay where
  /// `terms` does not state others. The new bundle is read back and verified before it gets its
  /// name. A file that already has the name stays; it is an error unless it is this very bundle.
  ///
  /// - Parameters:
  ///   - thin: Leaves out the checkpoints, and a program's large results; their digests stay.
  ///   - excluded: Patterns of a program's results to leave out. The bundle records that they were.
  ///   - level: One of `levels`, for all of the bundle; nil for the defaults.
  ///   - terms: What the metadata say about publisher and licence.
  ///   - signingKey: The file of an SSH key to sign the bundle's identity with, through
  ///     `ssh-keygen`.
  @discardableResult
  public static func pack(
    runDirectory run: String, to path: String, thin: Bool = false, level: Int? = nil,
    excluding excluded: [PathPattern] = [], terms: Terms = Terms(), signingKey: String? = nil,
    progress: @escaping BundleProgress = { _ in }
  ) throws(BundleError) -> BundleIdentity {
    let tree = try tree(
      of: run, thin: thin, excluding: excluded, terms: terms, signingKey: signingKey)
    return try write(tree, of: run, to: path, level: level, progress: progress)
  }

  /// A run that has been read and is ready to be sealed. Its identity is known, and nothing is
  /// written yet.
  package struct Prepared {
    fileprivate let tree: BundleTree
    /// What errors name if it makes no bundle.
    fileprivate let source: String

    package var identity: BundleIdentity { tree.identity }
  }

  /// Reads the run in a directory, to seal it with the defaults.
  package static func prepare(runDirectory: String, thin: Bool) throws(BundleError) -> Prepared {
    Prepared(
      tree: try tree(
        of: runDirectory, thin: thin, excluding: [], terms: Terms(), signingKey: nil),
      source: runDirectory)
  }

  /// The same for a run that has no directory.
  package static func prepare(_ run: PerformedRun, thin: Bool) -> Prepared {
    Prepared(
      tree: BundleTree(run: FinishedRun(run), thin: thin, terms: Terms()),
      source: "the run \(run.spec.runID)")
  }

  /// Writes a prepared bundle to a file, reads it back and gives it its name. The caller must sync
  /// the folder.
  ///
  /// - Parameter temporary: Where it is written first, on the same file system.
  /// - Returns: Whether it got the name; false if a file of that name exists, which is never
  ///   touched.
  package static func write(
    _ prepared: Prepared, through temporary: String, to path: String
  ) throws(BundleError) -> Bool {
    let file = try onDisk(try DurableFile(path: path, through: temporary))
    try fill(file, with: prepared.tree, of: prepared.source, level: nil) { _ in }
    return try onDisk(try file.appear(syncingFolder: false))
  }

  private static func tree(
    of run: String, thin: Bool, excluding excluded: [PathPattern], terms: Terms,
    signingKey: String?
  ) throws(BundleError) -> BundleTree {
    let reader =
      try onDisk(try Disk().isDirectory(run)) ? nil : try BundleReader(path: run)
    _ = try reader?.verify()
    let directory = reader == nil ? try RunDirectoryReader.directory(at: run) : run
    let kind: RunKind =
      if let reader { reader.kind } else {
        try ProgramDirectoryReader.isOne(directory) ? .program : .trainer
      }
    var tree: BundleTree
    switch kind {
    case .trainer:
      guard excluded.isEmpty else {
        throw .unsupported(detail: "files can be left out only of a program's run")
      }
      let run =
        if let reader { try FinishedRun(reader) } else { try FinishedRun(directory: directory) }
      tree = BundleTree(run: run, thin: thin, terms: try terms.completed(by: run.performance))
    case .program:
      let program =
        if let reader { try FinishedProgram(reader, thin: thin, excluding: excluded) } else {
          try FinishedProgram(directory: directory, thin: thin, excluding: excluded)
        }
      tree = BundleTree(
        program: program, terms: try terms.completed(by: program.performance))
    }
    if let signingKey {
      try tree.sign(key: signingKey)
    } else if let reader, let signature = reader.signature, reader.identity == tree.identity {
      tree.add(signature: signature)
    }
    return tree
  }

  /// Writes a bundle, reads it back and gives it its name.
  private static func write(
    _ tree: BundleTree, of runDirectory: String, to path: String, level: Int?,
    progress: @escaping BundleProgress
  ) throws(BundleError) -> BundleIdentity {
    let file = try onDisk(try DurableFile(path: path))
    try fill(file, with: tree, of: runDirectory, level: level, progress: progress)
    if try !onDisk(try file.appear()) {
      let present = try BundleFile(path: path)
      let written = try BundleFile(path: file.temporaryPath)
      guard present.size == written.size, try present.digest() == written.digest() else {
        throw .inputOutput(
          path: path, detail: "it exists and is not the same bundle; nothing is overwritten")
      }
    }
    return tree.identity
  }

  /// Writes a bundle into a file and reads it back.
  ///
  /// - Parameter source: What errors name if it makes no bundle: the run is then damaged, though no
  ///   reader of its directory has seen it, as in the bits of a checkpoint.
  private static func fill(
    _ file: DurableFile, with tree: BundleTree, of source: String, level: Int?,
    progress: @escaping BundleProgress
  ) throws(BundleError) {
    let written = try write(tree, to: file, level: level) { progress(0.6 * $0) }
    let temporaryPath = file.temporaryPath
    let readBack = try onDisk(
      try file.finish { () throws(BundleError) in
        do throws(BundleError) {
          return try BundleReader(path: temporaryPath).verify { progress(0.6 + 0.4 * $0) }
        } catch .damaged(let reason, let member, let detail) {
          guard try BundleFile(path: temporaryPath).digest() == written else {
            throw .inputOutput(
              path: temporaryPath, detail: "it reads back otherwise than it was written")
          }
          // The bundle is as the run's files are, so the damage is theirs.
          let directory = (try? UnpackedBundle(at: source))?.runDirectory ?? source
          throw BundleError.damaged(reason, member: member, detail: detail)
            .inRunDirectory.at(directory)
        }
      })
    guard try readBack.get().identity == tree.identity else {
      throw .damaged(.changed, "the run directory was changed while it was packed")
    }
  }

  private static func write(
    _ tree: BundleTree, to file: DurableFile, level: Int?, progress: BundleProgress
  ) throws(BundleError) -> Digest {
    let plan = MemberName.framePlan(
      tree.members.lazy.map { ($0.name, $0.size) }, of: tree.kind,
      limit: BundleLimits().frameContent)
    return try ArchiveWriter.write(
      tree.stream, cut: plan,
      level: { level ?? ($0.isWeights ? defaultCheckpointLevel : defaultLevel) }, to: file,
      progress: progress)
  }
}
