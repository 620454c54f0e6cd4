import Archive
internal import Bundles
internal import Digests
internal import Files
internal import Programs
package import RunRecords
internal import Training

/// The directory in which a sweep keeps its cells: one sealed bundle each, named by run id, and
/// work in progress in `.work`.
///
///     <run id>.tar.zst              a finished cell of the trainer
///     <run id>-<result>.tar.zst     a program's finished cell; 8 digits of its result's identity
///     .work/claims/                 which process computes which trajectory or runs which program
///     .work/<key>/<claim>/every-<n>/  a trajectory's run directory, logged every n steps
///     .work/<key>/<claim>/<run id>/   the run directory of a cell that is performed by itself
///     .work/<run id>/<claim>/run/   the run directory of a program
///     .work/forks/<key>.<n>.<step>/   the state of a trajectory from which others fork
///     .work/sealing/<claim>         a bundle that has no name yet
///     .work/failed/<run id>         why a cell could not be finished
///     .work/stop                    asks all workers to end, as one config has two results
///     .work/logs/                   the output of workers under a scheduler
///
/// Each holder of a claim writes only below its own name, and continues what earlier holders left.
/// `.work` may be removed if no sweep is running; finished cells do not need it.
public struct SweepDirectory: Sendable {
  public let path: String
  /// Folders in which a finished cell of the trainer also counts. Nothing is written there.
  package var also: [String] = []

  public init(_ path: String) { self.path = RunDirectory(path).path }

  static let workName = ".work"
  static let bundleEnding = ".tar.zst"

  package var work: String { path + "/" + Self.workName }
  /// The folder of the claims.
  var claims: String { work + "/claims" }
  package var logs: String { work + "/logs" }
  private var forks: String { work + "/forks" }
  private var sealing: String { work + "/sealing" }
  private var failed: String { work + "/failed" }
  private var stop: String { work + "/stop" }

  /// Makes the directory. `.work` gets a .gitignore file.
  package func make() throws {
    let disk = Disk()
    try disk.makeDirectory(work)
    for folder in [claims, forks, sealing, failed, logs] { try FileTree.makeDirectory(folder) }
    let ignore = work + "/.gitignore"
    if try !disk.exists(ignore) {
      // Two processes may do this at once. Either may write it.
      try? disk.write(Array("*\n".utf8), to: ignore)
    }
  }

  /// Brings the names of sealed bundles to disk.
  func sync() throws { try Disk().syncDirectory(path) }
}

// MARK: Work in progress

extension SweepDirectory {
  /// The folder to which the holder of a claim writes.
  func folder(of claim: Claim) -> String { "\(work)/\(claim.key)/\(claim.id)" }

  /// The folders to which earlier holders of the work have written, including those of earlier
  /// sweeps.
  func earlierFolders(of claim: Claim) throws -> [String] {
    let folder = work + "/" + claim.key
    return try (Disk().list(folder) ?? []).filter { ClaimNote.isID($0) && $0 != claim.id }
      .map { folder + "/" + $0 }
  }

  /// Removes what earlier holders of the work have left, unless they may still be working.
  func removeEarlier(of claim: Claim) throws {
    guard !claim.isInDoubt else { return }
    for folder in try earlierFolders(of: claim) { try FileTree.remove(folder) }
    if let earlier = claim.earlier { try FileTree.remove(sealing + "/" + earlier) }
  }

  /// Removes what the holder of a claim has written.
  func remove(_ claim: Claim) throws {
    try FileTree.remove(folder(of: claim))
    removeIfEmpty(claim.key)
  }

  /// Removes the directory of a cell that was performed by itself.
  func removeRun(of cell: TrainerCell, _ claim: Claim) throws {
    try FileTree.remove(folder(of: claim) + "/" + cell.runID)
  }

  /// Removes the folder of a key if it is empty.
  func removeIfEmpty(_ key: String) {
    // Another process may be making its own folder in it.
    try? Disk().remove(work + "/" + key)
  }

  func programDirectory(in folder: String) throws -> ProgramRunDirectory {
    try FileTree.makeDirectory(folder)
    // A program is given absolute paths.
    guard let resolved = FileTree.resolved(folder) else {
      throw FileError.unfit(path: folder, reason: "it is gone")
    }
    return ProgramRunDirectory("run", in: resolved)
  }
}

// MARK: Forks

extension SweepDirectory {
  /// The run directory with the state from which trajectories fork. It appears only when it is
  /// complete.
  func fork(_ origin: Trajectory.Origin) -> String {
    "\(forks)/\(origin.key).\(origin.spec.logInterval).\(origin.step)"
  }

  func hasFork(_ origin: Trajectory.Origin) -> Bool {
    (try? Disk().exists(fork(origin))) ?? false
  }

  func removeFork(_ origin: Trajectory.Origin) { try? FileTree.remove(fork(origin)) }
}

extension SweepDirectory {
  /// The size of all files in `.work`, in bytes. Links are not followed.
  package func workBytes() throws -> Int {
    guard try Disk().exists(work), try FileStatus(ofLink: work).kind != .link else { return 0 }
    return DirectoryWalk.entries(of: work).entries.reduce(0) { sum, entry in
      let path = work + "/" + entry.path
      return entry.kind == .file ? sum + ((try? FileStatus(ofLink: path))?.size ?? 0) : sum
    }
  }

  /// Removes `.work`. If it is a link, only the link is removed.
  ///
  /// - Returns: The size of its files, in bytes.
  /// - Throws: `SweepError.isAtWork` if a process has work there.
  package func clean() throws -> Int {
    guard try Disk().exists(work) else { return 0 }
    if let claim = try Claims.newest(in: claims).values.first(where: \.mayLive) {
      throw SweepError.isAtWork(
        path: path, host: claim.note.host, process: claim.note.process)
    }
    let bytes = try workBytes()
    try FileTree.remove(work)
    try sync()
    return bytes
  }
}

// MARK: Failures

extension SweepDirectory {
  /// Why a cell could not be finished; nil if nothing is known.
  package func failure(of runID: String) -> String? {
    guard let bytes = try? Disk().read(failed + "/" + runID, limit: 1 << 16) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The run ids of the cells that could not be finished.
  package func failures() throws -> Set<String> { Set(try Disk().list(failed) ?? []) }

  func note(failure: String, of runID: String) {
    try? Disk().write(Array(failure.prefix(4096).utf8), to: failed + "/" + runID)
  }

  func forgetFailure(of runID: String) { try? Disk().remove(failed + "/" + runID) }

  /// Asks every process that works in the directory to stop.
  func stopAll() { try? Disk().write(Array("stop\n".utf8), to: stop) }

  var mustStop: Bool { (try? Disk().exists(stop)) ?? false }

  func goOn() { try? Disk().remove(stop) }
}

// MARK: Cells

extension SweepDirectory {
  /// The names of bundles, by the run ids that they begin with, at one moment.
  package struct Names: Sendable {
    fileprivate var byRunID: [Substring: [String]] = [:]
    /// The run ids of the bundles in other folders.
    fileprivate var elsewhere: Set<String> = []
  }

  package func names() throws -> Names {
    var names = Names()
    for name in try Disk().list(path) ?? [] where name.hasSuffix(Self.bundleEnding) {
      let end = name.firstIndex { $0 == "-" || $0 == "." } ?? name.endIndex
      names.byRunID[name[..<end], default: []].append(name)
    }
    for folder in also {
      guard let list = try Disk().list(folder) else {
        throw FileError.unfit(path: folder, reason: "there is no such folder")
      }
      for name in list where name.hasSuffix(Self.bundleEnding) {
        names.elsewhere.insert(String(name.dropLast(Self.bundleEnding.count)))
      }
    }
    return names
  }

  /// The path of the bundle of a trainer's cell: here, or in another folder that counts. Nil if
  /// there is none.
  private func bundle(of runID: String, names: Names? = nil) throws -> String? {
    let name = runID + Self.bundleEnding
    if names.map({ $0.byRunID[runID[...]] != nil }) ?? true,
      try Disk().exists(path + "/" + name)
    {
      return path + "/" + name
    }
    guard names?.elsewhere.contains(runID) ?? true else { return nil }
    for folder in also where try Disk().exists(folder + "/" + name) { return folder + "/" + name }
    return nil
  }

  /// What is known about a run of the trainer from which others fork when it has memorised.
  package func parent(_ spec: RunSpec) -> Sweep.Parent {
    guard let path = try? bundle(of: spec.runID), let run = try? RecordedRun(opening: path),
      run.runID == spec.runID, run.outcome["stop_reason"] != .null
    else { return .missing }
    return run.outcome["t_mem"]?.intValue.map { .memorized($0) } ?? .neverMemorized
  }

  /// Whether the cell is finished. It is an error if a file of its name is not a bundle of its run;
  /// the file stays. Two results for one config of the trainer are an error, too.
  ///
  /// - Parameters:
  ///   - verifying: Whether to check every byte of the bundle, not only its beginning and end.
  ///   - names: The names in the directory, if it has been listed before.
  package func isSealed(_ cell: SweepCell, verifying: Bool, names: Names? = nil) throws -> Bool {
    switch cell.work {
    case .trainer:
      if let all = names?.byRunID[cell.runID[...]], all.count > 1 {
        throw SweepError.contradiction(paths: all.map { path + "/" + $0 })
      }
      guard let path = try bundle(of: cell.runID, names: names) else { return false }
      _ = try Self.result(path, of: cell, verifying: verifying)
      return true
    case .program:
      return try !results(of: cell, verifying: verifying, names: names).isEmpty
    }
  }

  /// The bundles of a program's cell by name: one, or several if the program's results differed.
  func results(
    of cell: SweepCell, verifying: Bool, names: Names? = nil
  ) throws -> [(name: String, result: Digest)] {
    let names = try names ?? self.names()
    return try (names.byRunID[cell.runID[...]] ?? []).map { name in
      (name, try Self.result(path + "/" + name, of: cell, verifying: verifying))
    }
  }

  /// How the program of a sealed cell ended, if it has failed in all bundles of the cell; else nil.
  func sealedFailure(of cell: SweepCell, names: Names) throws -> ProgramOutcome.Ending? {
    var last: ProgramOutcome.Ending?
    switch cell.work {
    case .trainer: break
    case .program:
      for name in names.byRunID[cell.runID[...]] ?? [] {
        let reader = try BundleReader(path: path + "/" + name)
        let bytes = try reader.read("data/" + ProgramOutcome.fileName)
        let ending = try ProgramOutcome(bytes: bytes).ending
        guard ending.isFailure else { return nil }
        last = ending
      }
    }
    return last
  }

  /// The identity of the result in a bundle, which must be of the cell's run.
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
}

// MARK: Sealing

/// The result of sealing a run.
package struct SweepSealing: Sendable {
  /// The bundle that holds the result.
  package var name: String
  /// Whether the bundle is new.
  package var isNew: Bool
  /// Bundles with other results of the same run.
  package var others: [String]
  /// How the program ended, if it failed.
  var failure: ProgramOutcome.Ending?
}

extension SweepDirectory {
  /// Seals what has been performed for a cell of the trainer. Another process may have sealed it in
  /// the meantime. If its result is the same, this one is not kept; if it differs, this one is kept
  /// beside it.
  ///
  /// - Throws: `contradiction` if there are two results now.
  func seal(
    _ bundle: BundleWriter.Prepared, as cell: TrainerCell, _ claim: Claim
  ) throws -> SweepSealing {
    let path = path + "/" + cell.bundleName
    let temporary = sealing + "/" + claim.id
    if try BundleWriter.write(bundle, through: temporary, to: path) {
      return SweepSealing(name: cell.bundleName, isNew: true, others: [])
    }
    if try Self.result(path, of: cell.cell, verifying: true) == bundle.identity.result {
      return SweepSealing(name: cell.bundleName, isNew: false, others: [])
    }
    let second = self.path + "/" + Self.name(cell.runID, bundle)
    _ = try BundleWriter.write(bundle, through: temporary, to: second)
    try sync()
    throw SweepError.contradiction(paths: [path, second])
  }

  /// Seals a program's run with all its files, unless its result is already sealed.
  func seal(
    _ run: ProgramRunDirectory, as cell: ProgramCell, _ claim: Claim
  ) throws -> SweepSealing {
    let bundle = try BundleWriter.prepare(runDirectory: run.path, thin: false)
    let result = bundle.identity.result
    let name = Self.name(cell.runID, bundle)
    var before = try results(of: cell.cell, verifying: false)
    if !before.contains(where: { $0.result == result }) {
      if try BundleWriter.write(bundle, through: sealing + "/" + claim.id, to: path + "/" + name) {
        return SweepSealing(name: name, isNew: true, others: before.map(\.name))
      }
      // Another process has sealed it in the meantime.
      before = try results(of: cell.cell, verifying: false)
    }
    guard let same = before.first(where: { $0.result == result }) else {
      throw SweepError.notTheCell(
        path: path + "/" + name, reason: "it is another result than its name says")
    }
    return SweepSealing(
      name: same.name, isNew: false, others: before.map(\.name).filter { $0 != same.name })
  }

  private static func name(_ runID: String, _ bundle: BundleWriter.Prepared) -> String {
    "\(runID)-\(bundle.identity.result.hex.prefix(8))\(bundleEnding)"
  }
}
