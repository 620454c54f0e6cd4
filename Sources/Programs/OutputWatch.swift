private import Files

/// Measures from time to time how much a program has written. This takes at most a hundredth of the
/// time.
struct OutputWatch {
  private let folders: [String]
  private let limits: ProgramLimits
  /// What was there before the program started.
  private let before: (bytes: Int, files: Int)
  private var nextLook = 1.0

  init(_ folders: [String], limits: ProgramLimits) {
    // What lies in two of them counts once.
    self.folders = folders.filter { folder in !folders.contains { folder.hasPrefix($0 + "/") } }
    self.limits = limits
    before = Self.sum(self.folders)
  }

  /// Why the program has to be ended; nil if it need not be.
  ///
  /// - Parameter seconds: How long it has run.
  mutating func look(after seconds: Double) -> String? {
    guard seconds >= nextLook else { return nil }
    let start = monotonicSeconds()
    let reason = excess()
    nextLook = seconds + max(1, 100 * (monotonicSeconds() - start))
    return reason
  }

  /// What it has written too much of by now; nil if nothing.
  func excess() -> String? {
    let now = Self.sum(folders)
    if now.bytes - before.bytes > limits.bytes {
      return "it wrote more than \(limits.bytes) bytes"
    }
    if now.files - before.files > limits.files { return "it wrote more than \(limits.files) files" }
    return nil
  }

  private static func sum(_ folders: [String]) -> (bytes: Int, files: Int) {
    var sum = (bytes: 0, files: 0)
    for folder in folders {
      DirectoryWalk.visit(folder) { entry in
        sum.files += 1
        guard entry.kind == .file else { return }
        // Sparse files may have any size.
        let (bytes, isTooMuch) = sum.bytes.addingReportingOverflow(entry.status.size)
        sum.bytes = isTooMuch ? .max : bytes
      }
    }
    return sum
  }
}
