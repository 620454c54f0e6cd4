import Foundation

/// A picture of points and lines over two axes, as an SVG element that takes its colours from the page.
struct Figure {
  struct Point {
    var x: Double
    var y: Double
    /// What a reader sees who rests on it.
    var title: String
    /// Where it leads, e.g. an anchor on the page.
    var link: String?
    /// Drawn hollow: the event had not come when observation ended.
    var isCensored = false
  }

  struct Series {
    enum Form { case points, line, dashes }
    var name: String
    /// 0...6 are the page's colours; 7 is grey.
    var color: Int
    var form: Form
    var points: [Point]
  }

  enum Scale { case linear, logarithmic }

  var title: String
  /// What is to be seen, in a sentence or two.
  var caption: String
  var xName: String
  var yName: String
  var xScale: Scale
  var yScale: Scale
  var series: [Series]

  /// Series and points that can be drawn.
  private var drawn: [Series] {
    series.compactMap { series in
      var series = series
      series.points.removeAll {
        !$0.x.isFinite || !$0.y.isFinite || (xScale == .logarithmic && $0.x <= 0)
          || (yScale == .logarithmic && $0.y <= 0)
      }
      return series.points.isEmpty ? nil : series
    }
  }

  var isEmpty: Bool { drawn.isEmpty }

  // The picture, in units of a pixel on a wide screen.
  private static let (width, height) = (640.0, 420.0)
  private static let (left, right, top, bottom) = (100.0, 624.0, 16.0, 360.0)

  /// A figure element with picture, key and caption.
  var html: String {
    let drawn = drawn
    let x = Axis(drawn.flatMap(\.points).map(\.x), xScale)
    let y = Axis(drawn.flatMap(\.points).map(\.y), yScale)
    func px(_ value: Double) -> Double { Self.left + x.place(value) * (Self.right - Self.left) }
    func py(_ value: Double) -> Double { Self.bottom - y.place(value) * (Self.bottom - Self.top) }
    var svg =
      "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(HTML.escape(title))\">"
    for tick in x.ticks {
      let place = Self.text(px(tick))
      svg +=
        "<path class=\"grid\" d=\"M\(place) \(Self.text(Self.top))V\(Self.text(Self.bottom))\"/>"
      svg += "<text x=\"\(place)\" y=\"380\" text-anchor=\"middle\">\(Axis.label(tick))</text>"
    }
    for tick in y.ticks {
      let place = py(tick)
      svg +=
        "<path class=\"grid\" d=\"M\(Self.text(Self.left)) \(Self.text(place))H\(Self.text(Self.right))\"/>"
      svg +=
        "<text x=\"92\" y=\"\(Self.text(place + 5))\" text-anchor=\"end\">\(Axis.label(tick))</text>"
    }
    svg += "<text x=\"362\" y=\"410\" text-anchor=\"middle\">\(HTML.escape(xName))</text>"
    svg +=
      "<text transform=\"translate(18 188) rotate(-90)\" text-anchor=\"middle\">\(HTML.escape(yName))</text>"
    for series in drawn {
      switch series.form {
      case .line, .dashes:
        let path = series.points.map { "\(Self.text(px($0.x))) \(Self.text(py($0.y)))" }
        let form = series.form == .line ? "line" : "dashes"
        svg += "<path class=\"\(form) s\(series.color)\" d=\"M\(path.joined(separator: "L"))\"/>"
      case .points:
        for point in series.points {
          let form = point.isCensored ? "hollow" : "dot"
          let circle =
            "<circle class=\"\(form) s\(series.color)\" cx=\"\(Self.text(px(point.x)))\" "
            + "cy=\"\(Self.text(py(point.y)))\" r=\"4.5\"><title>\(HTML.escape(point.title))</title></circle>"
          svg += point.link.map { "<a href=\"\(HTML.escape($0))\">\(circle)</a>" } ?? circle
        }
      }
    }
    svg += "</svg>"
    var key = ""
    var named: Set<String> = []
    for series in drawn where named.insert(series.name).inserted {
      key +=
        "<span class=\"key s\(series.color)\"><i class=\"\(series.form)\"></i>\(HTML.escape(series.name))</span> "
    }
    return "<figure><h3>\(HTML.escape(title))</h3>\(svg)<p class=\"keys\">\(key)</p>"
      + "<figcaption>\(HTML.escape(caption))</figcaption></figure>\n"
  }

  private static func text(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// A range of values, where they lie between 0 and 1, and which of them are labelled.
private struct Axis {
  private let low: Double
  private let high: Double
  private let isLogarithmic: Bool

  init(_ values: [Double], _ scale: Figure.Scale) {
    isLogarithmic = scale == .logarithmic
    let transformed = isLogarithmic ? values.map { log10($0) } : values
    var low = transformed.min() ?? 0
    var high = transformed.max() ?? 1
    if !isLogarithmic && low > 0 && low < 0.4 * high { low = 0 }
    let margin = high > low ? 0.05 * (high - low) : isLogarithmic ? 0.3 : max(high.magnitude, 1) / 2
    low -= !isLogarithmic && low == 0 ? 0 : margin
    high += margin
    (self.low, self.high) = (low, high)
  }

  func place(_ value: Double) -> Double {
    ((isLogarithmic ? log10(value) : value) - low) / (high - low)
  }

  var ticks: [Double] {
    if isLogarithmic {
      let decades = Int(low.rounded(.down))...Int(high.rounded(.up))
      let factors: [Double] = high - low < 2.5 ? [1, 2, 5] : [1]
      let stride = max(1, Int((high - low) / 6))
      return decades.filter { $0 % stride == 0 }
        .flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
        .filter { (0...1).contains(place($0)) }
    }
    let raw = (high - low) / 5
    let power = pow(10, log10(raw).rounded(.down))
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? raw
    var ticks: [Double] = []
    var tick = (low / step).rounded(.up) * step
    while tick <= high + step * 1e-9 && ticks.count < 20 {
      ticks.append(tick.magnitude < step * 1e-9 ? 0 : tick)
      tick += step
    }
    return ticks
  }

  static func label(_ value: Double) -> String {
    if value != 0 && (value.magnitude < 1e-3 || value.magnitude >= 1e6) {
      return String(format: "%.0e", value).replacing("e-0", with: "e-").replacing("e+0", with: "e")
    }
    return value.magnitude >= 1000
      ? String(format: "%.0f", value) : String(format: "%.4g", value)
  }
}

/// Text inside HTML.
enum HTML {
  static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
