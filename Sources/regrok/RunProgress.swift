import Analysis
import Files
import Reports
import RunRecords
import Training

/// Shows a run being performed, and ends it when the program is asked to end.
///
/// On a terminal one line on stderr that is drawn over again; else a line on stderr every few
/// seconds; with `--json` one object an event on stdout. Each set is shown with its loss and its
/// accuracy.
final class RunProgress: RunObserver {
  enum Style {
    case bar
    case lines
    case json
    case none
  }

  private let style: Style
  private let spec: RunSpec
  private let runID: String
  /// Of a row's values.
  private let names: [String]
  private let directory: String
  private var course: RunCourse

  private var lastRow: MetricsRow?
  private var lastShownSeconds = 0.0
  private var rate = StepRate()
  private var isBarShown = false

  init(style: Style, spec: RunSpec, directory: String) {
    self.style = style
    self.spec = spec
    self.directory = directory
    runID = spec.runID
    names = MetricsRow.columns.map { $0.name } + spec.addedHeadings
    course = RunCourse(spec)
  }

  func begins(_ start: RunStart) {
    lastRow = start.trace.metrics.last
    for row in start.trace.metrics { course.advance(by: row) }
    lastShownSeconds = monotonicSeconds()
    rate.begin(step: start.step, seconds: lastShownSeconds)
    for reason in start.rejected {
      Output.writeError("\(Software.name): skipped \(reason)")
    }
    switch style {
    case .json:
      write([
        "event": "start", "run": .string(runID), "directory": .string(directory),
        "step": CanonicalJSON(start.step),
        "checkpoint": start.checkpoint.map { .string($0) } ?? .null,
      ])
    case .bar, .lines:
      if let checkpoint = start.checkpoint {
        Output.writeError("continuing from step \(start.step), \(checkpoint)")
      }
    case .none: break
    }
  }

  func logged(_ row: MetricsRow) {
    lastRow = row
    let hadMemorized = course.memorizationStep != nil
    course.advance(by: row)
    if style == .json {
      var object: [CanonicalJSON.Key: CanonicalJSON] = [
        "event": "row", "step": CanonicalJSON(row.step),
      ]
      for (name, value) in zip(names, row.values) { object[.init(name)] = .number(value) }
      write(.object(object))
    }
    if !hadMemorized && course.memorizationStep != nil && course.grokkingStep == nil {
      forecast(at: row)
    }
  }

  /// At memorisation, predicts when the run will grok, if the paper has mean values of such runs.
  private func forecast(at row: MetricsRow) {
    guard let forecast = DelayForecast(at: row, of: spec) else { return }
    switch style {
    case .json: write(.object(["event": "forecast", "forecast": forecast.json]))
    case .bar, .lines:
      clear()
      Output.writeError(forecast.line)
    case .none: break
    }
  }

  func took(step: Int) -> Bool {
    if style == .bar || style == .lines {
      let now = monotonicSeconds()
      let interval = style == .bar ? 0.1 : 5
      if now - lastShownSeconds >= interval {
        lastShownSeconds = now
        rate.update(step: step, seconds: now)
        show(step)
      }
    }
    return Interruption.signal != nil
  }

  /// Takes the bar away, so that what comes next stands on a line of its own.
  func clear() {
    if isBarShown { LiveLines.clearLine() }
    isBarShown = false
  }

  private func write(_ object: CanonicalJSON) { Output.write(object) }
}

// MARK: The line

extension RunProgress {
  private func show(_ step: Int) {
    let end = max(course.expectedEnd, 1)
    var parts = ["step \(step)/\(end)"]
    if let stepsPerSecond = rate.stepsPerSecond {
      parts.append("\(Self.short(stepsPerSecond)) steps/s")
      parts.append(Self.duration(Double(end - step) / stepsPerSecond) + " left")
    }
    if let row = lastRow {
      func measured(_ name: String, _ loss: Double, _ accuracy: Double) -> String {
        "\(name) \(Self.short(loss)), " + String(printf: "%.1f %%", accuracy * 100)
      }
      parts.append(measured("train", row.trainLoss, row.trainAccuracy))
      parts.append(measured("validation", row.validationLoss, row.validationAccuracy))
    }
    let text = parts.joined(separator: "  ")
    if style == .lines {
      Output.writeError(text)
      return
    }
    let percent = String(printf: "%3d%% ", min(100, step * 100 / end))
    let room = Terminal.errorColumns - 1
    var line = percent
    let barWidth = min(30, room - percent.count - text.count - 3)
    if barWidth >= 5 {
      let filled = min(barWidth, barWidth * step / end)
      line +=
        "[" + String(repeating: "=", count: filled)
        + String(repeating: " ", count: barWidth - filled) + "] "
    }
    line += text
    LiveLines.draw(line)
    isBarShown = true
  }

  /// Three significant digits.
  private static func short(_ value: Double) -> String { String(printf: "%.3g", value) }

  private static func duration(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "years" }
    let whole = Int(seconds.rounded(.up))
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<3600: String(printf: "%d:%02d min", whole / 60, whole % 60)
    default: String(printf: "%d:%02d h", whole / 3600, whole / 60 % 60)
    }
  }
}

/// Steps a second, lately: each new interval counts a fifth.
private struct StepRate {
  private var last: (step: Int, seconds: Double) = (0, 0)
  private(set) var stepsPerSecond: Double?

  mutating func begin(step: Int, seconds: Double) { last = (step, seconds) }

  mutating func update(step: Int, seconds: Double) {
    guard seconds > last.seconds, step > last.step else { return }
    let now = Double(step - last.step) / (seconds - last.seconds)
    stepsPerSecond = stepsPerSecond.map { $0 * 0.8 + now * 0.2 } ?? now
    last = (step, seconds)
  }
}
