import Archive
internal import Bundles
internal import Digests
internal import Files
internal import Programs
internal import RunRecords
internal import Training

/// Where a sweep keeps its cells: a sealed bundle for each, named by its run id, and work in
/// progress in `.work`.
///
///     <run id>.tar.zst              a finished cell of the trainer
///     <run id>-<result>.tar.zst     a finished cell of a program; 8 digits of its result's identity
///     .work/<key>/lock              held by who computes this trajectory or performs this program
///     .work/<key>/every-<n>/        its run directory, logged every n steps; can be gone on with
///     .work/<key>/<run id>/         the run directory of a cell, from which its bundle is sealed
///     .work/<run id>/run/           that of a program
///
/// `.work` may be removed when no sweep is running; finished cells do not need it.
public struct SweepDirectory: Sendable {
  public let path: String

  public init(_ path: String) { self.path = RunDirectory(path).path }

  static let workName = ".work"
  static let bundleEnding = ".tar.zst"

  private var work: String { path + "/" + Self.workName }
  private func folder(_ key: String) -> String { work + "/" + key }

  func runDirectory(of trajectory: Trajectory, _ spec: RunSpec) -> RunDirectory {
    RunDirectory(folder(trajectory.key) + "/every-\(spec.logInterval)")
  }

  func runDirectory(of cell: TrainerCell, in trajectory: Trajectory) -> RunDirectory {
    RunDirectory(folder(trajectory.key) + "/" + cell.runID)
  }

  func runDirectory(of cell: ProgramCell) throws -> ProgramRunDirectory {
    // A program is told absolute paths.
    let folder = folder(cell.runID)
    guard let resolved = FileTree.resolved(folder) else {
      throw FileError.unfit(path: folder, reason: "it is gone")
    }
    return ProgramRunDirectory("run", in: resolved)
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

  /// Keeps other processes, and other workers of this one, off a task; nil when one has it.
  func lock(_ key: String) throws -> DirectoryLock? {
    let folder = folder(key)
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
  /// The names of bundles by the run ids that they begin with, as they were at one moment.
  package struct Names: Sendable {
    fileprivate var byRunID: [Substring: [String]] = [:]
  }

  package func names() throws -> Names {
    var names = Names()
    for name in try Disk().list(path) ?? [] where name.hasSuffix(Self.bundleEnding) {
      let end = name.firstIndex { $0 == "-" || $0 == "." } ?? name.endIndex
      names.byRunID[name[..<end], default: []].append(name)
    }
    return names
  }

  /// Whether the cell is finished. A file of its name that is no bundle of its run is an error, and
  /// stays.
  ///
  /// - Parameters:
  ///   - verifying: Whether every byte of the bundle is checked, and not the beginning and the
  ///     end alone.
  ///   - names: Where the directory has been listed before; only cells of programs need it.
  package func isSealed(_ cell: SweepCell, verifying: Bool, names: Names? = nil) throws -> Bool {
    switch cell.work {
    case .trainer(let spec):
      let path = path + "/" + TrainerCell(cell: cell, spec: spec).bundleName
      guard try Disk().exists(path) else { return false }
      _ = try Self.result(path, of: cell, verifying: verifying)
      return true
    case .program:
      return try !results(of: cell, verifying: verifying, names: names).isEmpty
    }
  }

  /// The bundles of a program's cell by their names: one, or several where the program differed
  /// from itself.
  func results(
    of cell: SweepCell, verifying: Bool, names: Names? = nil
  ) throws -> [(name: String, result: Digest)] {
    let names = try names ?? self.names()
    return try (names.byRunID[cell.runID[...]] ?? []).map { name in
      (name, try Self.result(path + "/" + name, of: cell, verifying: verifying))
    }
  }

  /// The identity of the result in a bundle, which has to be the cell's.
  private static func result(
    _ path: String, of cell: SweepCell, verifying: Bool
  ) throws -> Digest {
    do throws(BundleError) {
      let reader = try BundleReader(path: path)
      guard reader.runID == cell.runID else {
        throw BundleError.notARun(path: path, detail: "it is the run \(reader.runID)")
      }
      if verifying { _ = try reader.verify() }
      return reader.identity.result
    } catch {
      throw SweepError(error, of: path)
    }
  }

  /// Seals a finished run directory as the cell's bundle.
  func seal(_ run: RunDirectory, as cell: TrainerCell) throws {
    try BundleWriter.pack(
      runDirectory: run.path, to: path + "/" + cell.bundleName, thin: true)
  }

  /// Seals a program's run, whole, unless its result is sealed already.
  func seal(_ run: ProgramRunDirectory, as cell: ProgramCell) throws -> ProgramSealing {
    let before = try results(of: cell.cell, verifying: false)
    var same: String?
    var name = ""
    try BundleWriter.pack(runDirectory: run.path) { identity in
      same = before.first { $0.result == identity.result }?.name
      name = "\(cell.runID)-\(identity.result.hex.prefix(8))\(Self.bundleEnding)"
      return same == nil ? path + "/" + name : nil
    }
    return ProgramSealing(
      name: same ?? name, isNew: same == nil,
      others: before.map(\.name).filter { $0 != same })
  }
}

/// What became of a program's run that was to be sealed.
package struct ProgramSealing: Sendable {
  /// The bundle that holds its result.
  package var name: String
  /// Whether it was not there before.
  package var isNew: Bool
  /// Bundles with other results of the same run: the program differs from itself.
  package var others: [String]
}
