internal import Files

/// The result of recording a program. While it lives, no other process can use the directory.
package final class ProgramRecording {
  package let attempt: ProgramAttempt
  /// What to change so that the program gives the same result again.
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
