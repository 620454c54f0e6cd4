internal import Files
package import RunRecords

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// What an earlier record has left in a directory that a sweep records in again.
extension ProgramRunDirectory {
  package enum State: Sendable {
    /// There is nothing of a record; whether anything else is there, `begin` says.
    case unused
    /// It was ended before its end.
    case unfinished
    case finished(ProgramOutcome)
  }

  package func state() throws(ProgramError) -> State {
    let names = try onDisk(try disk.list(path)) ?? []
    if names.contains(Name.outcome) {
      let bytes = try onDisk(
        try disk.read(path(of: Name.outcome), limit: ProgramOutcome.largestSize))
      guard let bytes else { return .unfinished }
      return .finished(try reading(try ProgramOutcome(bytes: bytes)))
    }
    let isBegun = names.contains(Name.run) || names.contains(where: Disk.isPartial)
    return isBegun ? .unfinished : .unused
  }

  /// Removes the record and what its program has written. A program that still runs is ended
  /// before.
  ///
  /// - Parameter name: What the directory is called while it is removed, beside itself: so it is
  ///   there whole or not at all, whenever this is ended. What has the name is removed too.
  package func discard(as name: String) throws(ProgramError) {
    endProgram()
    let other = PathParts.split(path).folder + "/" + name
    try onDisk(try FileTree.remove(other))
    if try onDisk(try disk.exists(path)) { try onDisk(try FileTree.move(path, to: other)) }
    try onDisk(try FileTree.remove(other))
  }

  /// Ends what still runs of a record whose process was killed: by TERM, and after a second by
  /// KILL. All of it has a variable that names this directory.
  private func endProgram() {
    let start = monotonicSeconds()
    var told: Set<Int32> = []
    while case let running = ProcessTable.running(mark: mark), !running.isEmpty {
      let seconds = monotonicSeconds() - start
      // What has been told to end at once and does not is held by the system.
      if seconds > 5 { return }
      for process in running {
        if seconds > 1 {
          _ = kill(process, SIGKILL)
        } else if told.insert(process).inserted {
          _ = kill(process, SIGTERM)
          // One that has been stopped does not hear it before it goes on.
          _ = kill(process, SIGCONT)
        }
      }
      pause(seconds: 0.01)
    }
  }
}
