import Bundles
import DeterministicNumerics
import Files

/// A range of values, where they lie between 0 and 1, and which of them are labelled.
struct Axis {
  enum Scale: Sendable {
    case linear, logarithmic
    /// Training steps: logarithmic, with 0 in a place of its own before the others; linear where
    /// they span too little.
    case steps
  }

  /// Of the values, or of their logarithms.
  let scale: LinearScale
  let isLogarithmic: Bool
  /// The share of the axis that is reserved for 0.
  let zero: Double

  /// - Parameter range: What the axis shows, where that is not to be taken from the values.
  init(_ values: [Double], _ scale: Scale, range: ClosedRange<Double>? = nil) {
    if let range {
      self.scale = LinearScale(from: range.lowerBound, to: range.upperBound)
      (isLogarithmic, zero) = (false, 0)
      return
    }
    if scale == .steps {
      let positive = values.filter { $0 > 0 }
      let (first, last) = (positive.min() ?? 1, positive.max() ?? 1)
      isLogarithmic = last >= 20 * first
      zero = isLogarithmic && positive.count < values.count ? 0.07 : 0
      self.scale =
        isLogarithmic
        ? LinearScale(from: Elementary64.log10(first), to: Elementary64.log10(last))
        : LinearScale(from: 0, to: last)
      return
    }
    zero = 0
    isLogarithmic = scale == .logarithmic
    let transformed = isLogarithmic ? values.map { Elementary64.log10($0) } : values
    var low = transformed.min() ?? 0
    var high = transformed.max() ?? 1
    if !isLogarithmic && low > 0 && low < 0.4 * high { low = 0 }
    let margin = high > low ? 0.05 * (high - low) : isLogarithmic ? 0.3 : max(high.magnitude, 1) / 2
    low -= !isLogarithmic && low == 0 ? 0 : margin
    high += margin
    let greatest = Double.greatestFiniteMagnitude
    self.scale = LinearScale(from: max(low, -greatest), to: min(high, greatest))
  }

  /// From 0 to 1; a value outside the range lies at the nearer end.
  func place(_ value: Double) -> Double { min(max(share(value), 0), 1) }

  private func share(_ value: Double) -> Double {
    if zero > 0 && value <= 0 { return 0 }
    return zero + (1 - zero) * scale.share(isLogarithmic ? Elementary64.log10(value) : value)
  }

  var ticks: [Double] {
    let (low, high) = (scale.low, scale.high)
    if isLogarithmic {
      let decades = Int(nearest: low.rounded(.down))...Int(nearest: high.rounded(.up))
      let factors: [Double] = high - low < 2.5 ? [1, 2, 5] : [1]
      let stride = max(1, Int(nearest: ((high - low) / 6).rounded(.down)))
      let marked = decades.filter { $0 % stride == 0 }
        .flatMap { decade in factors.map { $0 * Elementary64.pow(10, Double(decade)) } }
        .filter { (zero - 1e-9...1 + 1e-9).contains(share($0)) }
      return (zero > 0 ? [0] : []) + marked
    }
    // Divided first, because the difference can be too large for a number.
    let raw = (high - low).isFinite ? (high - low) / 5 : high / 5 - low / 5
    let power = Elementary64.pow(10, Elementary64.log10(raw).rounded(.down))
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? raw
    var ticks: [Double] = []
    var tick = (low / step).rounded(.up) * step
    while tick <= high + step * 1e-9 && ticks.count < 20 {
      ticks.append(tick.magnitude < step * 1e-9 ? 0 : tick)
      tick += step
    }
    return ticks
  }

  /// "0.05", "200", "1.5k", "1e6".
  static func label(_ value: Double) -> String {
    if value != 0 && (value.magnitude < 1e-3 || value.magnitude >= 1e6) {
      return String(printf: "%.0e", value).replacing("e-0", with: "e-").replacing("e+0", with: "e")
        .replacing("e+", with: "e")
    }
    return value.magnitude >= 1000
      ? String(printf: "%.4gk", value / 1000) : String(printf: "%.4g", value)
  }
}
