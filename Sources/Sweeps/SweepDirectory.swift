import Archive
private import Bundles
internal import Files
internal import RunRecords
internal import Training

/// Where a sweep keeps its cells: a sealed bundle for each, named by its run id, and work in progress in `.work`.
///
///     <run id>.tar.zst              a finished cell
///     .work/<key>/lock              held by the process that computes this trajectory
///     .work/<key>/every-<n>/        its run directory, logged every n steps; can always be gone on with
///     .work/<key>/<run id>/         the run directory of a cell, from which its bundle is sealed
///
/// `.work` may be removed when no sweep is running; finished cells do not need it.
public struct SweepDirectory: Sendable {
  public let path: String

  public init(_ path: String) { self.path = RunDirectory(path).path }

  public func bundlePath(of cell: SweepCell) -> String { path + "/" + cell.bundleName }

  private var work: String { path + "/.work" }
  private func folder(of trajectory: Trajectory) -> String { work + "/" + trajectory.key }

  func runDirectory(of trajectory: Trajectory, _ spec: RunSpec) -> RunDirectory {
    RunDirectory(folder(of: trajectory) + "/every-\(spec.logInterval)")
  }

  func runDirectory(of cell: SweepCell, in trajectory: Trajectory) -> RunDirectory {
    RunDirectory(folder(of: trajectory) + "/" + cell.runID)
  }

  /// Makes the directory; git leaves `.work` alone.
  func make() throws {
    let disk = Disk()
    try disk.makeDirectory(work)
    let ignore = work + "/.gitignore"
    if try !disk.exists(ignore) {
      // Two processes may come here at once, and either may write it.
      try? disk.write(Array("*\n".utf8), to: ignore)
    }
  }

  /// Keeps other processes, and other workers of this one, off a trajectory; nil when one has it.
  func lock(_ trajectory: Trajectory) throws -> DirectoryLock? {
    let folder = folder(of: trajectory)
    try Disk().makeDirectory(folder)
    do {
      return try DirectoryLock(folder + "/lock", of: folder)
    } catch .busy {
      return nil
    }
  }
}

// MARK: Cells

extension SweepDirectory {
  /// Whether the cell is finished. A file of its name that is no bundle of its run is an error, and
  /// stays.
  ///
  /// - Parameter verifying: Whether every byte of the bundle is checked, and not the beginning and the
  ///   end alone.
  public func isSealed(_ cell: SweepCell, verifying: Bool) throws -> Bool {
    let path = bundlePath(of: cell)
    guard try Disk().exists(path) else { return false }
    do throws(BundleError) {
      let reader = try BundleReader(path: path)
      guard reader.runID == cell.runID else {
        throw BundleError.notARun(path: path, detail: "it is the run \(reader.runID)")
      }
      if verifying { _ = try reader.verify() }
    } catch {
      throw SweepError(error, of: path)
    }
    return true
  }

  /// Seals a finished run directory as the cell's bundle.
  func seal(_ run: RunDirectory, as cell: SweepCell) throws {
    try BundleWriter.pack(runDirectory: run.path, to: bundlePath(of: cell), thin: true)
  }
}

/// Why a cell cannot be finished.
public enum SweepError: Error, Sendable, Hashable {
  /// What has the name of a cell's bundle is damaged, or another run.
  case notTheCell(path: String, reason: String)
  /// It cannot be read, so that nobody knows what it is.
  case unreadable(path: String, reason: String)
  /// It is of a format or an arithmetic that this program does not have.
  case unsupported(path: String, reason: String)
}

extension SweepError {
  fileprivate init(_ error: BundleError, of path: String) {
    self =
      switch error {
      case .of(let path, let error): SweepError(error, of: path)
      case .inputOutput(let path, let detail): .unreadable(path: path, reason: detail)
      case .unsupported(let detail): .unsupported(path: path, reason: detail)
      case .notARun(_, let detail): .notTheCell(path: path, reason: detail)
      case .damaged, .notTrusted, .noSuchMember: .notTheCell(path: path, reason: "\(error)")
      }
  }
}

extension SweepError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notTheCell(let path, let reason):
      "\(path): \(reason); remove it to have the cell computed"
    case .unreadable(let path, let reason), .unsupported(let path, let reason):
      "\(path): \(reason)"
    }
  }
}
