/// Curves over the steps as an SVG with whole numbers. It has the same bytes on every machine,
/// since only IEEE 754's own operations are used.
struct Chart {
  struct Curve {
    var name: String
    var values: [Double]
  }
  /// A step that is marked by a line.
  struct Mark {
    var step: Int
    var label: String
  }
  enum Scale {
    case linear(ClosedRange<Double>)
    /// From the greatest power of ten at or below the values to the least at or above them.
    case logarithmic
  }

  var title: String
  var steps: [Int]
  /// The first curve has the style `a`, the second `b`.
  var curves: [Curve]
  var marks: [Mark] = []
  var scale: Scale

  // The picture, in units of half a pixel on a phone.
  private static let (left, right, top, bottom) = (96, 784, 16, 336)
  /// A longer curve is drawn by the least and the greatest value of each of this many parts.
  private static let parts = 120

  /// The SVG element; empty if there are no rows.
  var svg: String {
    guard let last = steps.last else { return "" }
    let width = LinearScale(from: 0, to: Double(max(last, 1)))
    func x(_ step: Int) -> Int {
      Self.left + Int(nearest: width.place(Double(step)) * Double(Self.right - Self.left))
    }
    let axis = axis
    func y(_ value: Double) -> Int {
      Self.bottom - Int(nearest: axis.place(value) * Double(Self.bottom - Self.top))
    }
    var (lines, texts) = ("", "")
    for tick in axis.ticks {
      let height = y(tick.value)
      lines += "<path class=\"g\" d=\"M\(Self.left) \(height)H\(Self.right)\"/>"
      texts += "<text x=\"88\" y=\"\(height + 8)\" text-anchor=\"end\">\(tick.label)</text>"
    }
    texts += "<text x=\"\(Self.left)\" y=\"368\">0</text>"
    texts += "<text x=\"\(Self.right)\" y=\"368\" text-anchor=\"end\">step \(last)</text>"
    for (index, mark) in marks.enumerated() {
      let place = x(mark.step)
      lines += "<path class=\"m\" d=\"M\(place) \(Self.top)V\(Self.bottom)\"/>"
      let (edge, anchor) = place < 640 ? (place + 8, "start") : (place - 8, "end")
      texts += "<text x=\"\(edge)\" y=\"\(Self.bottom - 16 - 32 * index)\""
      texts += " text-anchor=\"\(anchor)\">\(mark.label)</text>"
    }
    for (curve, style) in zip(curves, ["a", "b"]) {
      let points = drawn(curve.values).map { "\(x(steps[$0])) \(y(curve.values[$0]))" }
      lines += "<path class=\"\(style)\" d=\"M\(points.joined(separator: "L"))"
      lines += points.count == 1 ? "h0\"/>" : "\"/>"
    }
    // The strokes are given here too, for viewers that do not apply the page's style to a drawing
    // in it.
    return
      "<svg viewBox=\"0 0 800 380\" role=\"img\" "
      + "aria-label=\"\(HTML.escaped(title)) over the steps\">"
      + "<g fill=\"none\" stroke=\"currentColor\" stroke-width=\"3\">\(lines)</g>\(texts)</svg>"
  }

  /// The indices of the values to draw, ascending.
  private func drawn(_ values: [Double]) -> [Int] {
    guard values.count > 2 * Self.parts else { return Array(values.indices) }
    return (0..<Self.parts).flatMap { part -> [Int] in
      let range = values.count * part / Self.parts..<values.count * (part + 1) / Self.parts
      let least = range.min { values[$0] < values[$1] }!
      let greatest = range.max { values[$0] < values[$1] }!
      return least == greatest ? [least] : [min(least, greatest), max(least, greatest)]
    }
  }
}

// MARK: The vertical axis

extension Chart {
  private struct Axis {
    /// Where a value lies: 0 at the bottom, 1 at the top.
    var place: (Double) -> Double
    var ticks: [(value: Double, label: String)]
  }

  private var axis: Axis {
    let positive = curves.flatMap(\.values).filter { $0 > 0 }
    if case .logarithmic = scale, let least = positive.min(), let greatest = positive.max() {
      let low = Self.log10(least).rounded(.down)
      let high = max(Self.log10(greatest).rounded(.up), low + 1)
      let decades = LinearScale(from: low, to: high)
      let step = Int(nearest: ((high - low) / 4).rounded(.up))
      return Axis(
        place: { $0 > 0 ? decades.place(Self.log10($0)) : 0 },
        ticks: stride(from: Int(nearest: low), through: Int(nearest: high), by: step).map {
          // Parsed, not computed, so that a power of ten is exact where it can be.
          (Double("1e\($0)")!, "1e\($0)")
        })
    }
    let range = if case .linear(let range) = scale { range } else { 0.0...1.0 }
    let values = LinearScale(from: range.lowerBound, to: range.upperBound)
    return Axis(
      place: values.place,
      ticks: [values.low, values.middle, values.high].map { ($0, HTML.rounded($0)) })
  }

  /// The decimal logarithm of a positive value to about ten digits. It uses a series instead of the
  /// system's library, whose last bits differ between machines. An infinite value, from a power of
  /// ten that is too large, gives infinity.
  static func log10(_ value: Double) -> Double {
    guard value.isFinite else { return value }
    let mantissa = value.significand
    let s = (mantissa - 1) / (mantissa + 1)
    var (sum, power) = (0.0, s)
    for divisor in stride(from: 1.0, through: 25, by: 2) {
      sum += power / divisor
      power *= s * s
    }
    return Double(value.exponent) * 0.30102999566398120 + sum * 0.86858896380650366
  }
}
