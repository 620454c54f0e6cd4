internal import Files
package import RunRecords

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Handles what an earlier record has left in a directory in which a sweep records again.
extension ProgramRunDirectory {
  package enum State: Sendable {
    /// There is nothing of a record. `begin` checks whether anything else is there.
    case unused
    /// It was ended early.
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

  /// Removes the record and what its program has written. A program that still runs is ended first.
  ///
  /// - Parameter name: The directory's name while it is removed; it stays in the same folder. So
  ///   the directory is there completely or not at all, whenever this is interrupted. Anything that
  ///   has this name is removed, too.
  package func discard(as name: String) throws(ProgramError) {
    endProgram()
    let other = PathParts.split(path).folder + "/" + name
    try onDisk(try FileTree.remove(other))
    if try onDisk(try disk.exists(path)) { try onDisk(try FileTree.move(path, to: other)) }
    try onDisk(try FileTree.remove(other))
  }

  /// Ends the processes that still run for a record whose own process was killed: with TERM, and
  /// after a second with KILL. They all have a variable that names this directory.
  private func endProgram() {
    let start = monotonicSeconds()
    var told: Set<Int32> = []
    while case let running = ProcessTable.running(mark: mark), !running.isEmpty {
      let seconds = monotonicSeconds() - start
      // A process that was sent KILL and still runs is held by the system.
      if seconds > 5 { return }
      for process in running {
        if seconds > 1 {
          _ = kill(process, SIGKILL)
        } else if told.insert(process).inserted {
          _ = kill(process, SIGTERM)
          // A stopped process does not receive the signal before it continues.
          _ = kill(process, SIGCONT)
        }
      }
      pause(seconds: 0.01)
    }
  }
}
