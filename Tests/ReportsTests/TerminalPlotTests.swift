import Reports
import Testing

@Suite struct TerminalPlotTests {
  static let grokking = TerminalPlot(
    title: "accuracy", steps: [0, 10, 20, 50, 100, 200, 500, 1000],
    curves: [
      .init(name: "training", values: [0.1, 0.2, 0.6, 1, 1, 1, 1, 1]),
      .init(name: "validation", values: [0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 1, 1]),
    ],
    marks: [.init(step: 50, label: "T_mem 50"), .init(step: 500, label: "T_grok 500")],
    range: 0...1)

  static let styles = [(80, 16), (60, 7), (200, 50), (61, 8)].flatMap { width, height in
    [(true, true), (true, false), (false, false)].map {
      TerminalPlot.Style(width: width, height: height, isUnicode: $0, isColored: $1)
    }
  }

  @Test(arguments: styles)
  func linesFitTheTerminal(style: TerminalPlot.Style) {
    let lines = Self.grokking.lines(style)
    #expect(lines.count == style.height)
    for line in lines {
      #expect(Self.withoutColors(line).count <= style.width)
      let isASCII = line.allSatisfy(\.isASCII)
      #expect(isASCII || style.isUnicode)
      if !style.isColored { #expect(!line.contains("\u{1B}")) }
    }
  }

  @Test func asciiPlotIsAsDrawnByHand() {
    let style = TerminalPlot.Style(width: 40, height: 12, isUnicode: false, isColored: false)
    let expected = """
      accuracy   t training   v validation
        1 +             tttttttttttttttt******
          |           tt:              v:
          |         tt  :             v :
          |       tt    :           vv  :
          |     tt      :          v    :
          |   tt        :       vvv     :
          |***vvvvvvvvvvvvvvvvvv        :
        0 +             :               :
          ++-+----+-----^----+----+-----^----+
           0 10   20    50   100  200   500 1k
                        ^ T_mem 50
                             T_grok 500 ^
      """
    #expect(Self.grokking.lines(style).joined(separator: "\n") == expected)
  }

  @Test func marksStandUnderTheirSteps() throws {
    let style = TerminalPlot.Style(width: 60, height: 12, isUnicode: false, isColored: false)
    let lines = Self.grokking.lines(style)
    let axis = try #require(lines.first { $0.contains("^") })
    let names = try #require(lines.last)
    let columns = axis.indices.filter { axis[$0] == "^" }
    #expect(columns.count == 2)
    for column in columns { #expect(names[column] == "^") }
  }

  @Test func aConstantCurveIsDrawnInTheMiddle() {
    let plot = TerminalPlot(title: "V", steps: [0, 1], curves: [.init(name: "V", values: [3, 3])])
    let style = TerminalPlot.Style(width: 40, height: 8, isUnicode: false, isColored: false)
    let lines = plot.lines(style)
    #expect(lines[3].contains("t"))
    #expect(lines.joined().contains("3"))
  }

  @Test(arguments: [-5, 1, 9, 2000, Int.max])
  func marksOutsideTheCurvesStandAtAnEdge(step: Int) {
    var plot = Self.grokking
    plot.marks = [.init(step: step, label: "T_mem")]
    let style = TerminalPlot.Style(width: 40, height: 8, isUnicode: false, isColored: false)
    #expect(plot.lines(style).count == 8)
  }

  @Test func withoutRowsThePlotSaysSo() {
    let plot = TerminalPlot(title: "V", steps: [], curves: [.init(name: "V", values: [])])
    let style = TerminalPlot.Style(isUnicode: true, isColored: false)
    #expect(plot.lines(style) == ["V: no step was logged"])
  }

  @Test func onlyStepZeroStandsAtTheLeftEdge() {
    let plot = TerminalPlot(title: "V", steps: [0], curves: [.init(name: "V", values: [3])])
    let style = TerminalPlot.Style(width: 40, height: 8, isUnicode: false, isColored: false)
    #expect(plot.lines(style).count == 8)
  }

  static func withoutColors(_ line: String) -> String {
    line.replacing(/\u{1B}\[[0-9]+m/, with: "")
  }
}
