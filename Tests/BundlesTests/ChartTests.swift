import RunRecords
import Testing

@testable import Bundles

/// Charts that are sealed, of extreme values. The golden bundles hold the bytes of ordinary charts.
@Suite struct ChartTests {
  private static let values: [Double] = [
    0, 1, .leastNonzeroMagnitude, 0x1p-1024, 0.1, 1e6, 1e20, 1e307, .greatestFiniteMagnitude, -1,
    -.greatestFiniteMagnitude,
  ]

  private static func chart(_ values: [Double], _ scale: Chart.Scale, steps: [Int]? = nil) -> Chart
  {
    let steps = steps ?? Array(values.indices)
    return Chart(
      title: "c", steps: steps, curves: [.init(name: "", values: values)],
      marks: steps.map { .init(step: $0, label: "m") }, scale: scale)
  }

  /// Every point of every curve lies inside the picture.
  private func expectWithin(_ chart: Chart) throws {
    let paths = chart.svg.matches(of: /class="a" d="M([0-9 L]*)(h0)?"/)
    let path = try #require(paths.first)
    for point in path.1.split(separator: "L") {
      let place = point.split(separator: " ").compactMap { Int($0) }
      try #require(place.count == 2)
      #expect((96...784).contains(place[0]) && (16...336).contains(place[1]), "\(point)")
    }
    #expect(!chart.svg.contains("nan"))
  }

  @Test(arguments: values, values)
  func anyValuesLieInThePicture(first: Double, second: Double) throws {
    let range = min(first, second)...max(first, second)
    for scale in [Chart.Scale.logarithmic, .linear(range), .linear(0...1)] {
      try expectWithin(Self.chart([first, second, first], scale))
      try expectWithin(Self.chart([second], scale))
    }
  }

  @Test(arguments: [[0, 1 << 53, 1 << 53 + 1], [0, Int.max - 1, Int.max], [Int.max, Int.max, 0]])
  func anyStepsLieInThePicture(steps: [Int]) throws {
    try expectWithin(Self.chart([0.25, 0.5, 1], .linear(0...1), steps: steps))
  }

  @Test func withoutRowsThereIsNoPicture() {
    #expect(Self.chart([], .logarithmic).svg == "")
  }

  /// The largest tick lies above every number: it is at the top, not at the bottom.
  @Test func ticksRiseToTheTop() throws {
    let svg = Self.chart([1e307, 1.7e308], .logarithmic).svg
    #expect(svg.contains("<text x=\"88\" y=\"344\" text-anchor=\"end\">1e307<"))
    #expect(svg.contains("<text x=\"88\" y=\"24\" text-anchor=\"end\">1e309<"))
  }
}

@Suite struct LinearScaleTests {
  @Test func ordinaryValuesLieWhereTheyDo() {
    let scale = LinearScale(from: 2, to: 6)
    #expect([1, 2, 3, 6, 8].map(scale.share) == [-0.25, 0, 0.25, 1, 1.5])
    #expect([1, 2, 3, 6, 8].map(scale.place) == [0, 0, 0.25, 1, 1])
    #expect(scale.middle == 4 && LinearScale(from: 3, to: 3).share(9) == 0.5)
  }

  /// The middle of all numbers is 0, although their difference overflows.
  @Test func theWholeRangeOfNumbersHasAMiddle() {
    let greatest = Double.greatestFiniteMagnitude
    let scale = LinearScale(from: -greatest, to: greatest)
    #expect([-greatest, 0, greatest].map(scale.share) == [0, 0.5, 1])
    #expect(scale.middle == 0)
    #expect(LinearScale(from: 0, to: .leastNonzeroMagnitude).place(greatest) == 1)
    #expect(LinearScale(from: 0, to: 1).place(.nan) == 0)
  }

  @Test func theNearestIntegerIsFoundForAllNumbers() {
    #expect([-1.5, -0.4, 0.5, 2.4].map(Int.init(nearest:)) == [-2, 0, 1, 2])
    #expect(
      [1e300, .infinity, -0x1p63, -1e300].map(Int.init(nearest:)) == [.max, .max, .min, .min])
    #expect(Int(nearest: .nan) == 0)
  }
}
