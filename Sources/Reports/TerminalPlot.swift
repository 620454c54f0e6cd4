import Bundles
import DeterministicNumerics

/// Curves over training steps, drawn with characters.
///
/// Steps have a logarithmic scale; step 0 has the left edge to itself. In braille each character
/// holds 2 × 4 dots.
public struct TerminalPlot: Sendable {
  /// What the terminal can show.
  public struct Style: Sendable, Hashable {
    public var width: Int
    /// Lines in all, title and axes included.
    public var height: Int
    /// Braille and box characters; ASCII letters otherwise.
    public var isUnicode: Bool
    public var isColored: Bool

    public init(width: Int = 80, height: Int = 16, isUnicode: Bool, isColored: Bool) {
      self.width = max(width, 24)
      self.height = max(height, 7)
      self.isUnicode = isUnicode
      self.isColored = isColored
    }
  }

  public struct Curve: Sendable, Hashable {
    public var name: String
    public var values: [Double]

    /// - Parameter values: One for each of the plot's steps.
    public init(name: String, values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// A step worth pointing at.
  public struct Mark: Sendable, Hashable {
    public var step: Int
    public var label: String

    public init(step: Int, label: String) {
      self.step = step
      self.label = label
    }
  }

  public var title: String
  /// Ascending.
  public var steps: [Int]
  /// At most two.
  public var curves: [Curve]
  public var marks: [Mark]
  /// The values at the bottom and the top; nil takes them from the curves.
  public var range: ClosedRange<Double>?
  /// The width of the values beside the axis. Plots below each other can so align their axes.
  public var minimumLabelWidth = 0

  public init(
    title: String, steps: [Int], curves: [Curve], marks: [Mark] = [],
    range: ClosedRange<Double>? = nil
  ) {
    precondition(curves.count <= 2, "\(curves.count) curves in one plot")
    for curve in curves {
      precondition(
        curve.values.count == steps.count, "\(curve.values.count) values, \(steps.count) steps")
    }
    self.title = title
    self.steps = steps
    self.curves = curves
    self.marks = marks
    self.range = range
  }

  /// The plot's lines, at most `style.height` unless the labels of marks need more.
  public func lines(_ style: Style) -> [String] {
    guard let last = steps.last else { return ["\(title): no step was logged"] }
    let values = limits
    let labels = axisLabels(values)
    let margin = max(minimumLabelWidth, labelWidth) + 2
    let scale = StepScale(
      first: steps.first { $0 > 0 } ?? 1, last: last, columns: style.width - margin)
    let rows = style.height - 3 - (marks.isEmpty ? 0 : 1)
    var canvas = Canvas(columns: style.width - margin, rows: rows, style: style)
    for mark in marks { canvas.drawGuide(column: scale.column(of: mark.step)) }
    for (index, curve) in curves.enumerated() {
      // Without colours, the first of two curves is dotted.
      let isDotted = index == 0 && curves.count > 1 && style.isUnicode && !style.isColored
      canvas.draw(
        zip(steps, curve.values).map { step, value in
          (scale.position(of: step), values.place(value))
        }, curve: index, isDotted: isDotted)
    }
    var lines = legend(style)
    let edge = style.isUnicode ? (plain: "│", tick: "┤") : (plain: "|", tick: "+")
    for (row, text) in canvas.lines.enumerated() {
      let label =
        switch row {
        case 0: labels[2]
        case rows - 1: labels[0]
        case (rows - 1) / 2 where rows % 2 == 1: labels[1]
        default: ""
        }
      lines.append(
        String(repeating: " ", count: margin - 2 - label.count) + label + " "
          + (label.isEmpty ? edge.plain : edge.tick) + text)
    }
    return lines + axis(scale: scale, margin: margin, style)
  }

  private var limits: LinearScale {
    if let range { return LinearScale(from: range.lowerBound, to: range.upperBound) }
    let values = curves.flatMap(\.values)
    return LinearScale(from: values.min() ?? 0, to: values.max() ?? 1)
  }

  /// How wide the values beside the axis are.
  public var labelWidth: Int { axisLabels(limits).map(\.count).max() ?? 0 }

  /// The values at the bottom, the middle and the top.
  private func axisLabels(_ values: LinearScale) -> [String] {
    guard values.low < values.high else { return [Figures.rounded(values.low), "", ""] }
    return [values.low, values.middle, values.high].map(Figures.rounded)
  }

  /// The title and the curves' names, below each other where they do not fit into a line.
  private func legend(_ style: Style) -> [String] {
    guard curves.count > 1 else { return [title] }
    let samples = style.isUnicode ? (style.isColored ? ["⠒⠒", "⠒⠒"] : ["⠂⠂", "⠒⠒"]) : ["t", "v"]
    let names = zip(curves, samples).enumerated().map { index, pair in
      Canvas.colored(pair.1 + " " + pair.0.name, curve: index, style)
    }
    let gap = "   "
    let width = zip(curves, samples).reduce(title.count) {
      $0 + gap.count + $1.0.name.count + 1 + $1.1.count
    }
    return width <= style.width ? [([title] + names).joined(separator: gap)] : [title] + names
  }
}

// MARK: The axis of steps

extension TerminalPlot {
  /// The axis with its ticks, their labels, and the marks below.
  private func axis(scale: StepScale, margin: Int, _ style: Style) -> [String] {
    var axis = Array(repeating: Character(style.isUnicode ? "─" : "-"), count: scale.columns)
    var labels = TextLine(columns: scale.columns)
    for tick in scale.ticks {
      let column = scale.column(of: tick)
      guard labels.place(StepScale.label(tick), from: column) else { continue }
      axis[column] = style.isUnicode ? "┬" : "+"
    }
    var markLines: [TextLine] = []
    for mark in marks {
      let column = scale.column(of: mark.step)
      axis[column] = style.isUnicode ? "▲" : "^"
      let label = (style.isUnicode ? "▲ " : "^ ") + mark.label
      let before = mark.label + (style.isUnicode ? " ▲" : " ^")
      func place(in line: inout TextLine) -> Bool {
        line.place(label, from: column) || line.place(before, from: column - before.count + 1)
      }
      if markLines.indices.contains(where: { place(in: &markLines[$0]) }) { continue }
      var line = TextLine(columns: scale.columns)
      _ = place(in: &line)
      markLines.append(line)
    }
    let corner = style.isUnicode ? "└" : "+"
    let space = String(repeating: " ", count: margin)
    return [space.dropLast() + corner + String(axis)]
      + ([labels] + markLines).map { space + $0.text }
  }
}

/// Where steps lie: 0 in the first column, the others on a logarithmic scale from the third.
private struct StepScale {
  let first: Int
  let last: Int
  let columns: Int

  /// In columns, with a fraction.
  func position(of step: Int) -> Double {
    guard step > 0 else { return 0 }
    guard last > first else { return Double(columns - 1) }
    let decades = LinearScale(from: 0, to: Elementary64.log(Double(last) / Double(first)))
    return 2 + decades.share(Elementary64.log(Double(step) / Double(first))) * Double(columns - 3)
  }

  /// A step outside the curves is drawn at an edge.
  func column(of step: Int) -> Int {
    min(max(Int(nearest: position(of: step)), 0), columns - 1)
  }

  /// 0, the first and last step, and 1, 2, 5 times the powers of ten between. The wanted steps come
  /// before the others.
  var ticks: [Int] {
    var ticks: [Int] = []
    var power = 1
    while power <= last {
      ticks.append(power)
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { break }
      power = next
    }
    for factor in [2, 5] {
      ticks += ticks.filter { String($0).first == "1" && $0 <= last / factor }.map { $0 * factor }
    }
    return [0, last] + ticks.filter { $0 >= first && $0 < last }
  }

  /// "500", "2k", "100k".
  static func label(_ step: Int) -> String {
    step >= 1000 && step % 1000 == 0 ? "\(step / 1000)k" : "\(step)"
  }
}

/// A line of text in which some places are taken.
private struct TextLine {
  private var characters: [Character]

  init(columns: Int) {
    characters = Array(repeating: " ", count: columns)
  }

  /// Puts `text` where it fits with a space on either side; moved left from the right edge when it
  /// is a number.
  mutating func place(_ text: String, from column: Int) -> Bool {
    var column = column
    if text.allSatisfy({ $0.isNumber || $0 == "k" }) {
      column = min(column, characters.count - text.count)
    }
    guard column >= 0, column + text.count <= characters.count else { return false }
    let around = max(0, column - 1)..<min(characters.count, column + text.count + 1)
    guard characters[around].allSatisfy({ $0 == " " }) else { return false }
    characters.replaceSubrange(column..<(column + text.count), with: text)
    return true
  }

  var text: String {
    var text = String(characters)
    while text.last == " " { text.removeLast() }
    return text
  }
}

// MARK: Dots

/// The area that curves are drawn in.
private struct Canvas {
  private let columns: Int
  private let rows: Int
  private let style: TerminalPlot.Style
  /// Dots a character has in each direction.
  private let dots: (x: Int, y: Int)
  /// Of each curve, the dots of each character: bit 4x + y.
  private var masks: [[UInt8]]
  private var guides: Set<Int> = []

  init(columns: Int, rows: Int, style: TerminalPlot.Style) {
    self.columns = columns
    self.rows = rows
    self.style = style
    dots = style.isUnicode ? (2, 4) : (1, 1)
    masks = Array(repeating: Array(repeating: 0, count: columns * rows), count: 2)
  }

  /// A dotted vertical line behind the curves.
  mutating func drawGuide(column: Int) { guides.insert(column) }

  /// Joins points by straight lines; x in columns, y from 0 at the bottom to 1 at the top.
  mutating func draw(_ points: [(x: Double, y: Double)], curve: Int, isDotted: Bool) {
    let places = points.map { point in
      (
        x: min(max(Int(nearest: point.x * Double(dots.x)), 0), columns * dots.x - 1),
        y: Int(nearest: (1 - min(max(point.y, 0), 1)) * Double(rows * dots.y - 1))
      )
    }
    var drawn = 0
    func wanted() -> Bool {
      drawn += 1
      return !isDotted || drawn % 3 == 1
    }
    for (from, to) in zip(places, places.dropFirst()) {
      let length = max(abs(to.x - from.x), abs(to.y - from.y))
      guard length > 0 else { continue }
      for step in 0..<length where wanted() {
        let fraction = Double(step) / Double(length)
        set(
          x: Int(nearest: Double(from.x) + fraction * Double(to.x - from.x)),
          y: Int(nearest: Double(from.y) + fraction * Double(to.y - from.y)), curve: curve)
      }
    }
    if let last = places.last { set(x: last.x, y: last.y, curve: curve) }
  }

  private mutating func set(x: Int, y: Int, curve: Int) {
    let cell = y / dots.y * columns + x / dots.x
    masks[curve][cell] |= 1 << UInt8(4 * (x % dots.x) + y % dots.y)
  }

  var lines: [String] {
    (0..<rows).map { row in
      var line = ""
      for column in 0..<columns {
        let cell = row * columns + column
        line += text(masks[0][cell], masks[1][cell], isGuide: guides.contains(column))
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private func text(_ first: UInt8, _ second: UInt8, isGuide: Bool) -> String {
    if first | second == 0 { return isGuide ? (style.isUnicode ? "┊" : ":") : " " }
    if !style.isUnicode { return first == 0 ? "v" : second == 0 ? "t" : "*" }
    return Self.colored(
      String(Self.braille(first | second)), curve: second == 0 ? 0 : 1, style)
  }

  /// Braille numbers the dots of a character 1, 2, 3, 7 down the left and 4, 5, 6, 8 down the
  /// right.
  private static func braille(_ mask: UInt8) -> Character {
    var offset: UInt32 = 0
    for (bit, dot) in [0, 1, 2, 6, 3, 4, 5, 7].enumerated() where mask >> UInt8(bit) & 1 == 1 {
      offset |= 1 << UInt32(dot)
    }
    return Character(Unicode.Scalar(0x2800 + offset) ?? "?")
  }

  /// The first curve is blue, the second yellow: different for every kind of colour vision.
  static func colored(_ text: String, curve: Int, _ style: TerminalPlot.Style) -> String {
    style.isColored ? "\u{1B}[\(curve == 0 ? 94 : 33)m\(text)\u{1B}[0m" : text
  }
}
