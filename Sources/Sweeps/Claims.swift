internal import Files
internal import Synchronization

/// Which process has which work of a sweep, among all processes that work in its directory, on any
/// number of hosts.
///
/// A claim is a file `KEY.GENERATION` in one folder, with the key of the work. It is made under a
/// random name and linked to the first name that nobody has had. A process that finds that a holder
/// has ended takes the next generation, and never removes a name. So if two find it at once, only
/// one gets the work. A holder has ended if it has said so, if its lock is free (checked under the
/// same running kernel), or if its file has not changed in ten minutes of watching.
///
/// Claims avoid doing work twice. No result depends on them.
final class Claims: Sendable {
  private let folder: String
  private let clock: @Sendable () -> Double
  private let state: Mutex<State>
  private let boot = bootIdentity() ?? ""

  /// How long a file has to be seen unchanged, in seconds.
  static let patienceSeconds = 600.0
  /// More generations than a claim ever has.
  private static let mostGenerations = 1 << 30
  /// How often a holder writes its own file, in seconds.
  static let beatSeconds = 30.0

  private struct State {
    /// The highest generation of each key that has been seen.
    var generations: [String: Int] = [:]
    var watched: [String: Watched] = [:]
    var held: [ObjectIdentifier: Claim] = [:]
    var lastBeat: Double
  }

  private struct Watched {
    var generation: Int
    var content: [UInt8]
    var since: Double
    /// Whether it has been seen to change.
    var isAlive = false
  }

  /// - Parameter clock: In seconds since an arbitrary moment.
  init(_ folder: String, clock: @escaping @Sendable () -> Double) {
    self.folder = folder
    self.clock = clock
    state = Mutex(State(lastBeat: clock()))
  }

  enum Answer {
    /// This process has the work now.
    case mine(Claim)
    /// Another process has the work. `isAlive`: whether it has been seen to be alive.
    case taken(isAlive: Bool)
  }

  // MARK: Claiming

  /// Throws if the file system cannot reserve work for one process. Called before anything begins,
  /// so that the error is reported only once.
  func check() throws {
    // Nobody else has this key.
    if let claim = try take("check-" + ClaimNote.newID(), 1, (nil, false)) { finish(claim) }
  }

  /// Lists what other processes have. Call it again before asking again for work that was taken.
  func look() throws {
    let generations = try Self.generations(in: folder)
    state.withLock { $0.generations = generations }
  }

  /// Claims the work of a key, if nobody has it or if its holder has ended.
  func claim(_ key: String) throws -> Answer {
    let highest = state.withLock { $0.generations[key] ?? 0 }
    var earlier: (id: String?, isInDoubt: Bool) = (nil, false)
    if highest > 0 {
      let path = path(key, highest)
      guard let content = try Disk().read(path, limit: 4 * ClaimNote.size) else {
        // It has been done, or given up, in the meantime.
        state.withLock { $0.generations[key] = nil }
        return .taken(isAlive: false)
      }
      let note = ClaimNote(content)
      let holder = examine(key, highest, content, note, path)
      switch holder {
      case .works(let isAlive): return .taken(isAlive: isAlive)
      case .hasEnded: earlier = (note?.id, false)
      case .isSilent: earlier = (note?.id, true)
      }
    }
    guard let claim = try take(key, highest + 1, earlier) else {
      state.withLock { $0.generations[key] = highest + 1 }
      return .taken(isAlive: false)
    }
    state.withLock { state in
      state.generations[key] = highest + 1
      state.watched[key] = nil
      state.held[ObjectIdentifier(claim)] = claim
    }
    return .mine(claim)
  }

  private func path(_ key: String, _ generation: Int) -> String { "\(folder)/\(key).\(generation)" }

  private enum Holder {
    case works(isAlive: Bool)
    case hasEnded
    /// It has been watched for long enough without a change.
    case isSilent
  }

  private func examine(
    _ key: String, _ generation: Int, _ content: [UInt8], _ note: ClaimNote?, _ path: String
  ) -> Holder {
    if let note {
      if note.state == .released { return .hasEnded }
      if note.isLocked, !boot.isEmpty, note.boot == boot, ClaimFile.hasEnded(writerOf: path) {
        return .hasEnded
      }
    }
    let now = clock()
    return state.withLock { state in
      let seen = Watched(generation: generation, content: content, since: now)
      guard let watched = state.watched[key], watched.generation == generation else {
        state.watched[key] = seen
        return .works(isAlive: false)
      }
      guard watched.content == content else {
        state.watched[key] = seen
        state.watched[key]?.isAlive = true
        return .works(isAlive: true)
      }
      return now - watched.since >= Self.patienceSeconds
        ? .isSilent : .works(isAlive: watched.isAlive)
    }
  }

  /// Returns nil if another process was faster.
  private func take(
    _ key: String, _ generation: Int, _ earlier: (id: String?, isInDoubt: Bool)
  ) throws -> Claim? {
    let id = ClaimNote.newID()
    let file = try ClaimFile(path: folder + "/" + id)
    let note = ClaimNote(id: id, isLocked: file.isLocked)
    try file.write(note.bytes, visibly: false)
    guard try file.take(path(key, generation)) else { return nil }
    return Claim(
      key: key, generation: generation, earlier: earlier.id, isInDoubt: earlier.isInDoubt,
      file: file, note: note, now: clock())
  }

  // MARK: Holding

  /// Shows other processes that this one is alive. Does nothing until it is time to.
  func beat() {
    let now = clock()
    let due = state.withLock { state -> [Claim] in
      guard now - state.lastBeat >= Self.beatSeconds else { return [] }
      state.lastBeat = now
      return Array(state.held.values)
    }
    for claim in due {
      claim.beat(
        now: now,
        isLost: (try? Disk().exists(path(claim.key, claim.generation + 1))) ?? false)
    }
  }

  /// Ends a claim whose work is done.
  func finish(_ claim: Claim) {
    forget(claim)
    // The highest generation is removed last. Until then everybody sees that the work is taken.
    for generation in 1...claim.generation { try? Disk().remove(path(claim.key, generation)) }
    state.withLock { $0.generations[claim.key] = nil }
  }

  /// Leaves the work to others.
  func release(_ claim: Claim) {
    forget(claim)
    claim.release(now: clock())
  }

  /// Leaves the work as a killed process does. For tests.
  func abandon(_ claim: Claim) { forget(claim) }

  private func forget(_ claim: Claim) {
    state.withLock { _ = $0.held.removeValue(forKey: ObjectIdentifier(claim)) }
  }

  // MARK: Reading

  /// The highest generation of each key in a folder.
  private static func generations(in folder: String) throws -> [String: Int] {
    var generations: [String: Int] = [:]
    for name in try Disk().list(folder) ?? [] {
      guard let dot = name.lastIndex(of: "."),
        let generation = Int(name[name.index(after: dot)...]),
        (1...mostGenerations).contains(generation)
      else { continue }
      let key = String(name[..<dot])
      generations[key] = max(generation, generations[key] ?? 0)
    }
    return generations
  }

  /// The newest claim of a key, as another process sees it.
  struct Seen {
    var note: ClaimNote
    /// Seconds since its file was written.
    var age: Double
    fileprivate var path: String

    /// Whether its holder may be alive, as far as can be told at once.
    var mayLive: Bool {
      guard note.state == .running else { return false }
      if note.isLocked, !note.boot.isEmpty, note.boot == bootIdentity() {
        return !ClaimFile.hasEnded(writerOf: path)
      }
      return age < patienceSeconds
    }
  }

  /// The newest claim of each key.
  static func newest(in folder: String) throws -> [String: Seen] {
    var newest: [String: Seen] = [:]
    for (key, generation) in try generations(in: folder) {
      let path = "\(folder)/\(key).\(generation)"
      guard let bytes = try Disk().read(path, limit: 4 * ClaimNote.size),
        let note = ClaimNote(bytes)
      else { continue }
      newest[key] = Seen(note: note, age: age(of: path), path: path)
    }
    return newest
  }

  /// Seconds since a file was written; 0 if the clock of its server is ahead, or if the file is
  /// gone.
  private static func age(of path: String) -> Double {
    guard let status = try? FileStatus(ofLink: path) else { return 0 }
    return max(0, secondsSince1970() - Double(status.modifiedNanoseconds) * 1e-9)
  }
}

/// Work that this process has for itself.
final class Claim: Sendable {
  let key: String
  let generation: Int
  let id: String
  /// The id of the previous holder.
  let earlier: String?
  /// Whether that holder may still be working, because only its silence suggested that it had
  /// ended.
  let isInDoubt: Bool
  private let state: Mutex<State>

  private struct State: ~Copyable {
    let file: ClaimFile
    var note: ClaimNote
    let began: Double
    var isLost = false
  }

  init(
    key: String, generation: Int, earlier: String?, isInDoubt: Bool, file: sending ClaimFile,
    note: ClaimNote, now: Double
  ) {
    self.key = key
    self.generation = generation
    self.earlier = earlier
    self.isInDoubt = isInDoubt
    id = note.id
    state = Mutex(State(file: file, note: note, began: now))
  }

  /// Whether another process has taken the work over, believing that this one had ended.
  var isLost: Bool { state.withLock { $0.isLost } }

  func took(step: Int, end: Int?) {
    state.withLock { state in
      if state.note.step == 0 && state.note.firstStep == 0 { state.note.firstStep = step }
      state.note.step = step
      state.note.end = end
    }
  }

  fileprivate func beat(now: Double, isLost: Bool) {
    state.withLock { state in
      state.isLost = state.isLost || isLost
      state.note.beats += 1
      state.note.seconds = now - state.began
      write(&state)
    }
  }

  fileprivate func release(now: Double) {
    state.withLock { state in
      state.note.state = .released
      state.note.seconds = now - state.began
      write(&state)
    }
  }

  private func write(_ state: inout State) {
    do {
      try state.file.write(state.note.bytes, visibly: true)
    } catch {
      Notice.once("claims", "\(error): others may think that this process has ended")
    }
  }
}
