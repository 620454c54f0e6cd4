/// How much a program may write, and how long it may run.
package struct ProgramLimits: Sendable, Hashable {
  /// The most bytes it may write, inputs not counted.
  package var bytes = 20_000_000_000
  package var files = 100_000
  /// Nil: no limit.
  package var seconds: Double?

  package init() {}
}

extension ProgramLimits {
  /// A number of bytes as people write it: `20 GB`, `512MiB`, `1000`; nil for anything else.
  package static func bytes(_ text: String) -> Int? {
    let units = [
      "": 1.0, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 0x1p10,
      "MiB": 0x1p20, "GiB": 0x1p30, "TiB": 0x1p40,
    ]
    guard let value = quantity(text, units: units), value < 0x1p60 else { return nil }
    return Int(value)
  }

  /// A time as people write it, in seconds: `12 h`, `90min`, `30 s`, `45`; nil for anything else.
  package static func seconds(_ text: String) -> Double? {
    quantity(text, units: ["": 1, "s": 1, "min": 60, "h": 3600, "d": 86400])
  }

  /// A number above 0, followed by one of `units`.
  private static func quantity(_ text: String, units: [String: Double]) -> Double? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    guard let value = Double(number), let factor = units[String(unit)], value > 0,
      (value * factor).isFinite
    else { return nil }
    return value * factor
  }
}
