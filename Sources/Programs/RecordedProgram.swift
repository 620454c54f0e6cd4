internal import Files

/// What recording a program gave. While it lives the directory is this process's alone.
package final class RecordedProgram {
  package let attempt: ProgramAttempt
  /// What may be done so that the program gives the same again.
  package let advice: [String]
  package let directory: ProgramRunDirectory
  private let lock: DirectoryLock

  init(
    attempt: ProgramAttempt, advice: [String], directory: ProgramRunDirectory, lock: DirectoryLock
  ) {
    self.attempt = attempt
    self.advice = advice
    self.directory = directory
    self.lock = lock
  }
}
