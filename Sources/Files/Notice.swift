private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Lines on stderr of what the system cannot do and the work goes on without.
package enum Notice {
  private static let said = Mutex<Set<String>>([])

  /// The subject of a file system without locks.
  package static let noLocks = "locks"

  /// Says `text`.
  package static func say(_ text: String) {
    let line = Array("regrok: \(escaped(text))\n".utf8)
    // SAFETY: one call that reads the line's bytes. A line that cannot be written is lost.
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress!, $0.count) }
  }

  /// Says `text` unless something has been said of `subject` before, by any thread of this process.
  package static func once(_ subject: String, _ text: String) {
    if said.withLock({ $0.insert(subject).inserted }) { say(text) }
  }

  /// Says nothing of `subject` from here on, as the work does not depend on it.
  package static func leaveOut(_ subject: String) { _ = said.withLock { $0.insert(subject) } }

  /// Paths may come from anybody: no character may move the cursor or end the line.
  private static func escaped(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        line += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
