import Testing

@testable import Reports

@Suite struct FigureTests {
  @Test func stepsHaveALogarithmicScaleWithAPlaceForZero() {
    let axis = Axis([0, 200, 400, 2000, 20_000], .steps)
    #expect(axis.place(0) == 0 && axis.place(20_000) == 1)
    // Twice as many decades are twice as far.
    let (one, two) = (axis.place(2000) - axis.place(200), axis.place(20_000) - axis.place(200))
    #expect((two - 2 * one).magnitude < 1e-12)
    #expect(axis.place(200) > 0)
    #expect(axis.ticks == [0, 200, 500, 1000, 2000, 5000, 10_000, 20_000])
  }

  @Test func fewStepsHaveALinearScale() {
    let axis = Axis([0, 4, 8, 36], .steps)
    #expect(axis.place(18) == 0.5)
  }

  @Test(arguments: [
    (0.05, "0.05"), (200, "200"), (1500, "1.5k"), (50_000, "50k"), (2e6, "2e6"), (1e-5, "1e-5"),
    (0, "0"),
  ])
  func labels(value: Double, label: String) {
    #expect(Axis.label(value) == label)
  }

  @Test func aCurveKeepsWhatCanBeSeen() {
    // A straight line, then a peak, then a straight line.
    var points = (0...1000).map { (x: Double($0) / 2, y: 100.0) }
    points[600].y = 20
    let curve = Curve(points)
    #expect(curve.places.count == 5)
    #expect(curve.places.contains { $0 == (3000, 200) })
    #expect(curve.data == "M0 100l299.5 0 .5-80 .5 80 199.5 0")
  }

  @Test func aCurveOfOnePointIsADot() {
    #expect(Curve([(x: 3, y: 4.25)]).data == "M3 4.3h0")
    #expect(Curve([]).data == "")
  }

  @Test func theRampIsUsedFromEndToEnd() {
    #expect((0..<3).map { Ink.ramp($0, of: 3).name } == ["r0", "r5", "r9"])
    #expect(Set((0..<10).map { Ink.ramp($0, of: 10).name }).count == 10)
    #expect(Ink.color(8).name == "s1")
  }
}
