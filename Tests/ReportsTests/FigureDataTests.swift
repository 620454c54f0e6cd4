import Foundation
import RunRecords
import Testing

@testable import Reports

/// The data that a figure gives to its page's script.
@Suite struct FigureDataTests {
  private static func figure(
    _ curves: [[(Double, Double)]], yScale: Axis.Scale = .linear, name: String = "a",
    marks: [Figure.Mark] = []
  ) -> Figure {
    Figure(
      title: "t", caption: "", xName: "step", yName: "y", xScale: .steps, yScale: yScale,
      series: curves.enumerated().map { place, curve in
        .init(
          name: "\(name)\(place)", color: .color(place), form: .line,
          points: curve.map { .init(x: $0.0, y: $0.1, title: "") })
      }, marks: marks)
  }

  private static func data(_ figure: Figure, most: Int = 1000) throws -> CanonicalJSON {
    try CanonicalJSON(canonical: Array(figure.data(mostValues: most).utf8))
  }

  private static func elements(_ value: CanonicalJSON?) throws -> [CanonicalJSON] {
    guard case .array(let elements)? = value else { throw RecordError.notJSON(reason: "no array") }
    return elements
  }

  /// Read with Foundation, not with the code that wrote them.
  private static func values(_ text: CanonicalJSON?) throws -> [Double] {
    let bytes = try #require(text?.stringValue.flatMap { Data(base64Encoded: $0) })
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) })
    }
  }

  private static func curves(_ data: CanonicalJSON) throws -> [(x: [Double], y: [Double])] {
    let columns = try elements(data["columns"]).map { try values($0) }
    return try elements(data["series"]).map { series in
      let y = try values(series["y"])
      let x = try columns[#require(series["x"]?.intValue)]
      return (Array(x.prefix(y.count)), y)
    }
  }

  @Test func valuesAreThoseOfTheTraceToTheBit() throws {
    let values = [1.0 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0, -0.0, -1e-300]
    let points = values.enumerated().map { (Double($0.offset), $0.element) }
    let data = try Self.data(Self.figure([points]))
    let curve = try #require(try Self.curves(data).first)
    #expect(curve.x == points.map(\.0))
    #expect(curve.y.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test func whatALogarithmicAxisHasNoPlaceForIsThere() throws {
    let points = [(0.0, 0.0), (1.0, 0.5), (2.0, -1.0), (3.0, .nan), (4.0, 2.0)]
    let data = try Self.data(Self.figure([points], yScale: .logarithmic))
    #expect(try Self.curves(data)[0].y == [0, 0.5, -1, 2])
    #expect(data["y"]?["log"] == .bool(true))
  }

  @Test func aCurveThatIsNotDrawnIsNotThere() throws {
    let data = try Self.data(
      Self.figure([[(0, -1)], [(0, 1), (1, 2)]], yScale: .logarithmic))
    let series = try Self.elements(data["series"])
    #expect(series.count == 1 && series[0]["key"] == .number(0))
  }

  @Test func curvesOfOneIntervalShareTheirSteps() throws {
    let steps = (0..<30).map { Double($0) }
    let lengths = [10, 30, 20]
    let data = try Self.data(
      Self.figure(lengths.map { length in steps.prefix(length).map { ($0, 1 + $0) } }))
    #expect(try Self.elements(data["columns"]).count == 1)
    #expect(try Self.curves(data).map(\.x) == lengths.map { Array(steps.prefix($0)) })
  }

  @Test func ofManyRowsTheSameAreLeftOfEachCurve() throws {
    let long = (0..<1000).map { (Double($0), 1.0) }
    let data = try Self.data(Self.figure([long, Array(long.prefix(500))]), most: 300)
    #expect(data["every"] == .number(5))
    let curves = try Self.curves(data)
    #expect(curves[0].x == Array(stride(from: 0, to: 1000, by: 5)) + [999])
    #expect(curves[1].x == Array(stride(from: 0, to: 500, by: 5)))
    #expect(try Self.data(Self.figure([long]))["every"] == nil)
  }

  @Test(arguments: ["</script><script>alert(1)</script>", "<!--", "\"}", "\u{2028}\\"])
  func noNameEndsTheData(name: String) throws {
    var figure = Self.figure([[(0, 1)]], name: name)
    (figure.xName, figure.series[0].label) = (name, name)
    figure.marks = [.init(x: 0, label: name, color: .grey)]
    let html = figure.html(mostValues: 10)
    #expect(html.matches(of: /<script/).count == 1 && html.matches(of: /<\/script/).count == 1)
    let text = try #require(html.firstMatch(of: /json">((?s).*)<\/script>/)).1
    #expect(!text.contains("<"))
    let data = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect((data?["x"] as? [String: Any])?["name"] as? String == name)
    #expect((data?["series"] as? [[String: Any]])?[0]["label"] as? String == name)
  }

  /// The extent of each label, and its height.
  private static func labels(_ figure: Figure) -> [(low: Double, high: Double, y: Double)] {
    figure.picture().matches(of: /<text class="\w+" x="([0-9.]+)" y="([0-9.]+)"[^>]*>([^<]*)</)
      .map { match in
        // A letter takes at most 12 units.
        let (x, half) = (Double(match.1) ?? .nan, 6 * Double(match.3.count))
        return (x - half, x + half, Double(match.2) ?? .nan)
      }
  }

  @Test(arguments: [
    [100.0, 110, 120, 130], [100, 1000, 10_000], [9900, 9950, 10_000], [0, 0, 0, 0, 0, 0],
  ])
  func labelsOfMarksTouchNeitherEachOtherNorCurves(places: [Double]) {
    let marks = places.map { Figure.Mark(x: $0, label: "A T_grok", color: .grey) }
    let figure = Self.figure([[(0, 0), (100, 0.5), (10_000, 1)]], marks: marks.reversed())
    let labels = Self.labels(figure)
    #expect(labels.count == places.count)
    for (index, one) in labels.enumerated() {
      #expect(one.high <= Figure.width)
      for two in labels.dropFirst(index + 1) where one.y == two.y {
        #expect(one.high < two.low || two.high < one.low)
      }
    }
    let top = figure.picture().firstMatch(of: /class="grid" d="M[0-9.]+ ([0-9.]+)V352"/)
      .flatMap { Double($0.1) }
    #expect(labels.allSatisfy { $0.y < top ?? 0 })
  }
}
