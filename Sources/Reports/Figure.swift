import Bundles
import Files

/// A picture of points and lines over two axes, as an SVG element that takes its colours from the
/// page.
///
/// `Chart` draws what is sealed in a bundle, without any function of the system library. This type
/// draws pages, which can be made again at any time.
struct Figure {
  struct Point {
    var x: Double
    var y: Double
    /// The text that a browser shows under the pointer.
    var title: String
    /// The target of its link, e.g. an anchor on the page.
    var link: String?
    /// Drawn hollow: the event had not happened when the observation ended.
    var isCensored = false
  }

  struct Series {
    enum Form { case points, line, dashes, bars }
    var name: String
    var color: Ink
    var form: Form
    var points: [Point]
    /// Pixels to the right, so that points of several series at one value of x stand side by side.
    var shift = 0.0
    /// The text that a browser shows when the pointer is on a line.
    var title = ""
    /// The target of a line's link.
    var link: String?
    /// Draw y = x over the range of the other series.
    var isDiagonal = false
    /// Computed, not observed. The read-out leaves it out.
    var isModel = false
    /// A short name for the read-out, where that of the series and the title would be long.
    var label = ""
  }

  /// A value of x to point at.
  struct Mark {
    var x: Double
    var label: String
    var color: Ink
  }

  var title: String
  /// The caption, a sentence or two.
  var caption: String
  var xName: String
  var yName: String
  var xScale: Axis.Scale
  var yScale: Axis.Scale
  /// The range of the vertical axis; nil takes it from the values.
  var yRange: ClosedRange<Double>?
  var series: [Series]
  var marks: [Mark] = []

  /// The series and points that can be drawn.
  var drawn: [Series] {
    series.compactMap { series in
      var series = series
      series.points.removeAll { !isDrawn($0) }
      return series.points.isEmpty ? nil : series
    }
  }

  /// Whether a point has a place on the axes.
  func isDrawn(_ point: Point) -> Bool {
    point.x.isFinite && point.y.isFinite && (xScale != .logarithmic || point.x > 0)
      && (yScale != .logarithmic || point.y > 0)
  }

  var isEmpty: Bool { drawn.isEmpty }

  // The picture, in units of a pixel on a wide screen.
  static let (width, height) = (640.0, 420.0)
  private static let (left, right, top, bottom) = (104.0, 628.0, 14.0, 352.0)
  /// The width of a letter at the text size of a phone.
  private static let letterWidth = 12.0
  /// The height of a line of labels above the picture.
  private static let laneHeight = 24.0
}

// MARK: The element

extension Figure {
  /// A figure element with picture, key, data and caption.
  ///
  /// - Parameter mostValues: Of curves with more values, every so many rows are among the data.
  func html(mostValues: Int) -> String {
    let name = HTML.escaped(title)
    let svg =
      "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" "
      + "aria-label=\"\(name)\">"
      + picture() + "</svg>"
    let caption = caption.isEmpty ? "" : "<figcaption>\(HTML.escaped(caption))</figcaption>"
    return "<figure><h3>\(name)</h3>\(svg)\(keys)\(caption)"
      + "<script type=\"application/json\">\(data(mostValues: mostValues))</script></figure>\n"
  }

  /// What is in the picture.
  ///
  /// - Parameter isLinked: Points and curves lead where they say.
  func picture(isLinked: Bool = true) -> String {
    let drawn = drawn
    let (x, y) = axes(of: drawn)
    func px(_ value: Double) -> Double { Self.left + x.place(value) * (Self.right - Self.left) }
    let labels = laid(sortedMarks.map { ($0, px($0.x)) })
    let top = Self.top + Self.laneHeight * Double((labels.map(\.lane).max() ?? -1) + 1)
    func py(_ value: Double) -> Double { Self.bottom - y.place(value) * (Self.bottom - top) }
    var svg = ""
    var end = -Double.infinity
    for tick in x.ticks {
      let (place, label) = (px(tick), Axis.label(tick))
      svg += "<path class=\"grid\" d=\"M\(Self.text(place)) \(Self.text(top))"
      svg += "V\(Self.text(Self.bottom))\"/>"
      // A label that would touch the one before it is left out.
      let half = Double(label.count) * Self.letterWidth / 2
      guard place - half > end + 6 else { continue }
      end = place + half
      svg += "<text x=\"\(Self.text(min(place, Self.width - half)))\" y=\"376\""
      svg += " text-anchor=\"middle\">\(label)</text>"
    }
    for tick in y.ticks {
      let place = py(tick)
      svg += "<path class=\"grid\" d=\"M\(Self.text(Self.left)) \(Self.text(place))"
      svg += "H\(Self.text(Self.right))\"/>"
      svg += "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(Self.text(place + 6))\""
      svg += " text-anchor=\"end\">\(Axis.label(tick))</text>"
    }
    let middle = Self.text((Self.left + Self.right) / 2)
    svg += "<text x=\"\(middle)\" y=\"408\" text-anchor=\"middle\">\(HTML.escaped(xName))</text>"
    svg += "<text transform=\"translate(18 183) rotate(-90)\" text-anchor=\"middle\">"
    svg += "\(HTML.escaped(yName))</text>"
    for label in labels {
      let (mark, y) = (label.mark, Self.top + Self.laneHeight * Double(label.lane))
      svg += "<path class=\"mark \(mark.color.name)\" d=\"M\(Self.text(label.place)) "
      svg += "\(Self.text(y + 10))V\(Self.text(Self.bottom))\"/>"
      svg += "<text class=\"\(mark.color.name)\" x=\"\(Self.text(label.middle))\" "
      svg += "y=\"\(Self.text(y + 6))\" text-anchor=\"middle\">\(HTML.escaped(mark.label))</text>"
    }
    // Many lines are drawn thin.
    let isCrowded = drawn.count { $0.form == .line || $0.form == .dashes } > 12
    svg += isCrowded ? "<g class=\"crowd\">" : "<g>"
    for series in drawn {
      switch series.form {
      case .line, .dashes:
        let curve = Curve(series.points.map { (px($0.x), py($0.y)) })
        let form = series.form == .line ? "line" : "dashes"
        let path = "<path class=\"\(form) \(series.color.name)\" d=\"\(curve.data)\""
        svg += Self.linked(path, "path", title: series.title, link: isLinked ? series.link : nil)
      case .bars:
        for point in series.points {
          let (x, y) = (px(point.x) + series.shift - 11, py(point.y))
          let bar =
            "<path class=\"bar \(series.color.name)\" d=\"M\(Self.text(x)) \(Self.text(y))h22\""
          svg += Self.linked(bar, "path", title: point.title, link: isLinked ? point.link : nil)
        }
      case .points:
        for point in series.points {
          let form = point.isCensored ? "hollow" : "dot"
          let x = Self.text(px(point.x) + series.shift)
          let circle =
            "<circle class=\"\(form) \(series.color.name)\" cx=\"\(x)\" "
            + "cy=\"\(Self.text(py(point.y)))\" r=\"4.5\""
          svg += Self.linked(
            circle, "circle", title: point.title, link: isLinked ? point.link : nil)
        }
      }
    }
    return svg + "</g>"
  }

  func axes(of drawn: [Series]) -> (x: Axis, y: Axis) {
    (
      Axis(drawn.flatMap(\.points).map(\.x) + sortedMarks.map(\.x), xScale),
      Axis(drawn.flatMap(\.points).map(\.y), yScale, range: yRange)
    )
  }

  /// A mark, with the position of its line, the middle of its label, and its line of labels.
  private typealias LaidMark = (mark: Mark, place: Double, middle: Double, lane: Int)

  /// The marks that have a place on the axis, from left to right.
  var sortedMarks: [Mark] {
    marks.filter { mark in
      switch xScale {
      case .linear: true
      case .steps: mark.x >= 0
      case .logarithmic: mark.x > 0
      }
    }.sorted { $0.x < $1.x }
  }

  /// Labels above the picture, in as many lines as they need to touch neither curves nor each
  /// other.
  private func laid(_ marks: [(mark: Mark, place: Double)]) -> [LaidMark] {
    var ends: [Double] = []
    return marks.map { mark, place in
      let half = Double(mark.label.count) * Self.letterWidth / 2
      let middle = min(place, Self.width - half)
      let lane = ends.firstIndex { $0 <= middle - half } ?? ends.count
      if lane == ends.count { ends.append(0) }
      ends[lane] = middle + half + Self.letterWidth
      return (mark, place, middle, lane)
    }
  }

  /// The legend; empty if there is only one series and it has no name.
  var keys: String {
    let keys = legend.map { series in
      "<span class=\"key \(series.color.name)\"><i class=\"\(series.form)\"></i>"
        + "\(HTML.escaped(series.name))</span> "
    }
    return keys.isEmpty ? "" : "<p class=\"keys\">\(keys.joined())</p>"
  }

  /// One series for each name.
  var legend: [Series] {
    var named: Set<String> = []
    return drawn.filter { !$0.name.isEmpty && named.insert($0.name).inserted }
  }

  private static func linked(
    _ start: String, _ element: String, title: String, link: String?
  ) -> String {
    let drawing =
      title.isEmpty ? start + "/>" : start + "><title>\(HTML.escaped(title))</title></\(element)>"
    return link.map { "<a href=\"\(HTML.escaped($0))\">\(drawing)</a>" } ?? drawing
  }

  private static func text(_ value: Double) -> String {
    let text = String(printf: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

/// A colour of the page.
enum Ink: Hashable {
  /// One of seven colours that are easy to tell apart.
  case color(Int)
  /// From 0 (cold) to 9 (warm), for ordered values.
  case ramp(Int)
  case grey

  /// Its class in the page's style.
  var name: String {
    switch self {
    case .color(let index): "s\(index % Self.colors)"
    case .ramp(let index): "r\(min(max(index, 0), 9))"
    case .grey: "grey"
    }
  }

  static let colors = 7

  /// `count` places on the ramp, as far apart as possible.
  static func ramp(_ place: Int, of count: Int) -> Ink {
    .ramp(count > 1 ? (18 * place / (count - 1) + 1) / 2 : 4)
  }
}
