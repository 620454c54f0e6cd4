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
  /// The level of everything but checkpoints where none is given.
  public static let defaultLevel = 6
  /// That of checkpoints: the bits of trained weights hold no repetitions that a longer search could find.
  public static let defaultCheckpointLevel = 1

  /// Writes the run in `runDirectory` as a bundle to the file `path`.
  ///
  /// The same directory, tool version and level give the same bytes. The bundle is read back and verified before it
  /// gets its name; a file that has the name already stays, and is an error unless it is this very bundle.
  ///
  /// - Parameters:
  ///   - thin: Leaves the checkpoints out, and a program's large results; their digests stay.
  ///   - excluded: Patterns of a program's results to leave out; that they were is sealed.
  ///   - level: One of `levels`, for all of the bundle; nil for the defaults.
  ///   - terms: What the metadata say of author and licence.
  ///   - signingKey: The file of an SSH key to sign the bundle's identity with, through `ssh-keygen`.
  @discardableResult
  public static func pack(
    runDirectory: String, to path: String, thin: Bool = false, level: Int? = nil,
    excluding excluded: [PathPattern] = [], terms: Terms = Terms(), signingKey: String? = nil,
    progress: @escaping BundleProgress = { _ in }
  ) throws(BundleError) -> BundleIdentity {
    let tree = try tree(
      of: runDirectory, thin: thin, excluding: excluded, terms: terms, signingKey: signingKey)
    return try write(tree, of: runDirectory, to: path, level: level, progress: progress)
  }

  /// The same, whole and with the defaults, to a file whose name depends on the identity.
  ///
  /// - Parameter path: The file to write; nil writes none.
  @discardableResult
  public static func pack(
    runDirectory: String, to path: (BundleIdentity) -> String?
  ) throws(BundleError) -> BundleIdentity {
    let tree = try tree(
      of: runDirectory, thin: false, excluding: [], terms: Terms(), signingKey: nil)
    guard let path = path(tree.identity) else { return tree.identity }
    return try write(tree, of: runDirectory, to: path, level: nil) { _ in }
  }

  private static func tree(
    of runDirectory: String, thin: Bool, excluding excluded: [PathPattern], terms: Terms,
    signingKey: String?
  ) throws(BundleError) -> BundleTree {
    let kind: RunKind = try ProgramDirectoryReader.isOne(runDirectory) ? .program : .trainer
    var tree: BundleTree
    switch kind {
    case .trainer:
      guard excluded.isEmpty else {
        throw .unsupported(detail: "only files of a program's run can be excluded")
      }
      tree = BundleTree(run: try FinishedRun(directory: runDirectory), thin: thin, terms: terms)
    case .program:
      let program = try FinishedProgram(
        directory: runDirectory, thin: thin, excluding: excluded)
      tree = BundleTree(program: program, terms: terms)
    }
    if let signingKey { try tree.sign(key: signingKey) }
    return tree
  }

  /// Writes a bundle and reads it back.
  private static func write(
    _ tree: BundleTree, of runDirectory: String, to path: String, level: Int?,
    progress: @escaping BundleProgress
  ) throws(BundleError) -> BundleIdentity {
    let file = try onDisk(try DurableFile(path: path))
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
          throw .notARun(
            path: runDirectory,
            detail: "what it holds makes no bundle: "
              + BundleError.damaged(reason, member: member, detail: detail).description)
        }
      })
    let verification = try readBack.get()
    guard verification.identity == tree.identity else {
      throw .damaged(.changed, "the run directory was changed while it was packed")
    }
    if try !onDisk(try file.appear()) {
      let present = try BundleFile(path: path)
      let written = try BundleFile(path: file.temporaryPath)
      guard present.size == written.size, try present.digest() == written.digest() else {
        throw .inputOutput(
          path: path, detail: "it exists and is something else; nothing is overwritten")
      }
    }
    return verification.identity
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
