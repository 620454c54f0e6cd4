import Files
import Reports
import Training

/// A line on a terminal that says how far a work is, for one that takes more than a second; nothing
/// elsewhere.
final class WorkProgress {
  private let name: String
  private let isShown = Terminal.canRedraw
  private let started = monotonicSeconds()
  private var lastShown: Double?

  /// - Parameter name: What is done to what, e.g. "packing runs/base".
  init(_ name: String) { self.name = name }

  deinit { clear() }

  /// - Parameter share: 0 to 1.
  func update(_ share: Double) {
    let now = monotonicSeconds()
    guard isShown, now - (lastShown ?? started + 0.9) >= 0.1 else { return }
    lastShown = now
    var text = "\(Int(100 * share)) %  \(name)"
    if share > 0.01 {
      text += ", \(Figures.time(left: (now - started) * (1 - share) / share)) left"
    }
    LiveLines.draw(text)
  }

  /// Takes the line away.
  func clear() {
    if lastShown != nil { LiveLines.clearLine() }
    lastShown = nil
  }
}
