import Files
import Programs
import RunRecords

/// Shows a program being recorded, beside what the program itself writes, and ends it when this
/// program is asked to end.
final class RecordProgress: ProgramObserver {
  enum Style {
    /// Lines on stderr.
    case lines
    /// An object an event on stdout.
    case json
    case none
  }

  private let style: Style
  private let attempts: Int
  private let directory: String
  private let verb: String
  private var lastShownSeconds = monotonicSeconds()

  init(style: Style, attempts: Int, directory: String, verb: String = "recording") {
    self.verb = verb
    self.style = style
    self.attempts = attempts
    self.directory = directory
  }

  func began(attempt: Int) {
    switch style {
    case .json:
      Output.write([
        "event": "start", "attempt": CanonicalJSON(attempt), "attempts": CanonicalJSON(attempts),
        "directory": .string(directory),
      ])
    case .lines:
      let number = attempts > 1 ? ", attempt \(attempt) of \(attempts)" : ""
      Output.writeError("\(Software.name): \(verb) in \(directory)\(number)")
    case .none: break
    }
  }

  func logged(_ reader: MetricsReader) -> Bool {
    guard let step = reader.lastStep else { return false }
    switch style {
    case .json:
      Output.write([
        "event": "rows", "rows": CanonicalJSON(reader.rows), "step": CanonicalJSON(step),
      ])
    case .lines:
      // The terminal belongs to the program; a line now and then shows that its curves arrive.
      let now = monotonicSeconds()
      if now - lastShownSeconds >= 60 {
        lastShownSeconds = now
        Output.writeError("\(Software.name): step \(step), \(reader.rows) rows")
      }
    case .none: break
    }
    return false
  }

  func demand() -> ChildProcess.Demand? { Interruption.demand }
}
