import Bundles
import Files

/// Numbers as people read them. Records never use these: they write the shortest decimal that reads
/// back.
public enum Figures {
  /// "1 ULP", "1234 ULPs", "1.2e15 ULPs".
  public static func ulps(_ count: UInt64) -> String {
    switch count {
    case 1: "1 ULP"
    case ..<1_000_000: "\(count) ULPs"
    default:
      String(printf: "%.1e ULPs", Double(count)).replacing("e+0", with: "e")
        .replacing("e+", with: "e")
    }
  }

  /// At most four significant digits, or all digits before the point.
  public static func rounded(_ value: Double) -> String {
    value.magnitude >= 1000 && value.magnitude < 1e9
      ? String(printf: "%.0f", value) : String(printf: "%.4g", value)
  }

  /// "0.42 s", "12.3 s", "3 min 5 s", "2 h 14 min".
  public static func duration(seconds: Double) -> String {
    if seconds < 10 { return String(printf: "%.2f s", seconds) }
    if seconds < 59.95 { return String(printf: "%.1f s", seconds) }
    let whole = Int(nearest: seconds)
    return whole < 3600
      ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// "1 s", "59 s", "3 min 5 s": whole seconds, as a guess deserves.
  public static func time(left seconds: Double) -> String {
    seconds <= 59
      ? "\(Int(nearest: max(seconds, 0).rounded(.up))) s" : duration(seconds: max(seconds, 60))
  }

  /// "512 bytes", "48.1 kB", "1.73 GB": powers of 1000.
  public static func size(bytes: Int) -> String {
    guard bytes >= 1000 else { return "\(bytes) bytes" }
    var value = Double(bytes) / 1000
    var units = ["kB", "MB", "GB", "TB"][...]
    while value >= 999.5 && units.count > 1 {
      value /= 1000
      units.removeFirst()
    }
    return String(printf: "%.3g ", value) + units[units.startIndex]
  }

  /// "every step", "every 200 steps".
  public static func interval(_ steps: Int) -> String {
    steps == 1 ? "every step" : "every \(steps) steps"
  }

  /// "1 row", "21 rows"; with a plural of its own where it needs one.
  public static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
  }
}
