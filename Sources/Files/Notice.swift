private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Lines on stderr about something that the system cannot do, and without which the work goes on.
package enum Notice {
  private static let said = Mutex<Set<String>>([])

  /// The subject of notices about file systems without locks.
  package static let noLocks = "locks"

  /// Writes `text` to stderr.
  package static func say(_ text: String) {
    let line = Array("regrok: \(escaped(text))\n".utf8)
    // SAFETY: one call that reads the line's bytes. A line that cannot be written is lost.
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress!, $0.count) }
  }

  /// Says `text`, unless any thread of this process has said something about `subject` before.
  package static func once(_ subject: String, _ text: String) {
    if said.withLock({ $0.insert(subject).inserted }) { say(text) }
  }

  /// Suppresses notices about `subject` from now on, as the work does not depend on it.
  package static func leaveOut(_ subject: String) { _ = said.withLock { $0.insert(subject) } }

  /// Escapes control characters: a path may come from anybody, and must not move the cursor or end
  /// the line.
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
