import Catalogue
import RunRecords
import Testing

@Suite struct RunCourseTests {
  /// 24 training and 25 validation examples; rows of steps 0, 10 … 40.
  private static let spec: RunSpec = {
    var spec = Preset.tiny.spec
    (spec.maxSteps, spec.logInterval) = (47, 10)
    spec.stop = StopRule(memorized: 0.99, grokked: 0.99, stepsAfterGrokking: 15)
    return spec
  }()

  private func row(
    _ step: Int, train: Double = 0.5, validation: Double = 0.2, loss: Double = 1, norm: Double = 2
  ) -> MetricsRow {
    MetricsRow(
      step: step, trainLoss: loss, trainAccuracy: train, validationLoss: loss,
      validationAccuracy: validation, squaredNorm: norm)
  }

  /// Expects whether `row` is the next row of the run.
  private func expect(_ isNext: Bool, _ row: MetricsRow, _ course: inout RunCourse) {
    let advanced = course.advance(by: row)
    #expect(advanced == isNext)
  }

  private func outcome(_ rows: [MetricsRow]) throws -> Outcome {
    try Outcome(of: Trace(metrics: rows), spec: Self.spec, initialSquaredNorm: 3)
  }

  @Test func aRunTakesTheStepsOfItsSchedule() {
    var course = RunCourse(Self.spec)
    #expect(course.nextStep == 0 && course.lastStep == -1 && course.expectedEnd == 40)
    expect(false, row(10), &course)
    #expect(course.nextStep == 0)
    expect(true, row(0), &course)
    #expect(course.nextStep == 10)
    expect(true, row(10, train: 1), &course)
    #expect(course.memorizationStep == 10 && course.grokkingStep == nil)
    expect(true, row(20, train: 1, validation: 1), &course)
    #expect(course.grokkingStep == 20 && course.stopReason == nil && course.expectedEnd == 40)
    expect(true, row(30, train: 1, validation: 1), &course)
    #expect(course.nextStep == 40)
    expect(true, row(40, train: 1, validation: 0), &course)
    #expect(course.stopReason == .grokked && course.nextStep == nil)
    #expect(course.memorizationStep == 10 && course.grokkingStep == 20)
    expect(false, row(50), &course)
    #expect(course.lastStep == 40)
  }

  @Test func theRowsGiveTheEnd() throws {
    let steps = [0, 10, 20, 30, 40]
    #expect(try outcome(steps.map { row($0) }).stopReason == .maxSteps)
    #expect(try outcome(steps.map { row($0, validation: 1) }.dropLast(2)).stopReason == .grokked)
    let diverged = try outcome(steps.dropLast().map { row($0) })
    #expect(diverged.stopReason == .diverged && diverged.lastStep == 30)
    #expect(try outcome([]).stopReason == .diverged)
    #expect(try outcome([]).lastStep == -1)
  }

  @Test func aRowThatTheConfigDoesNotDemandIsRefused() {
    for steps in [[10], [0, 20], [0, 5], [0, 10, 20, 30, 40, 50]] {
      let error = #expect(throws: RecordError.self) { try outcome(steps.map { row($0) }) }
      guard case .trace("metrics.csv", steps.count + 1, _)? = error else {
        Issue.record("\(steps): \(String(describing: error))")
        continue
      }
    }
  }

  /// SPEC.md 3.5: an accuracy is k ÷ n in binary64, losses and squared norms are at least 0.
  @Test func aValueThatNoRunCanHaveIsRefused() throws {
    for count in 0...25 {
      let (train, validation) = (Double(min(count, 24)) / 24, Double(count) / 25)
      _ = try outcome([row(0, train: train, validation: validation)])
    }
    _ = try outcome([row(0, loss: 0, norm: .greatestFiniteMagnitude)])
    let bad = [
      row(0, train: 1.25), row(0, train: 2), row(0, train: -0.25), row(0, train: 0.26),
      row(0, train: 0.5.nextUp), row(0, train: 1e20), row(0, validation: 1.2),
      row(0, validation: -0.2), row(0, validation: 0.25), row(0, loss: -0x1p-1074),
      row(0, norm: -0x1p-1074), row(0, norm: -1),
    ]
    for row in bad {
      #expect(throws: RecordError.self, "\(row)") { try outcome([row]) }
    }
  }

  /// SPEC.md 1.20: in added columns, squared norms are at least 0 and shares are k ÷ 24.
  @Test func anAddedValueThatNoRunCanHaveIsRefused() throws {
    var spec = Self.spec
    spec.logColumns = [.batchGradient, .zeroLoss]
    let headings = ["batch_gradient_squared_norm", "zero_loss"]
    func outcome(_ added: [Double], _ headings: [String]) throws -> Outcome {
      var row = row(0)
      row.added = added
      return try Outcome(
        of: Trace(metrics: [row], addedHeadings: headings), spec: spec, initialSquaredNorm: 3)
    }
    for good: [Double] in [[0.0, 0], [1e300, 1], [0x1p-1074, 0.5], [3, 5.0 / 24]] {
      _ = try outcome(good, headings)
    }
    for bad: [Double] in [[-1.0, 0], [-0x1p-1074, 0], [0, 0.51], [0, -0.5], [0, 2]] {
      let error = #expect(throws: RecordError.self, "\(bad)") { try outcome(bad, headings) }
      guard case .trace("metrics.csv", 2, _)? = error else {
        Issue.record("\(bad): \(String(describing: error))")
        continue
      }
    }
    for other: [String] in [
      [], ["zero_loss"], headings.reversed(), ["batch_gradient_squared_norm", "x"],
    ] {
      let error = #expect(throws: RecordError.self) {
        try outcome(other.map { _ in 0 }, other)
      }
      guard case .trace("metrics.csv", 1, _)? = error else {
        Issue.record("\(other): \(String(describing: error))")
        continue
      }
    }
    #expect(throws: RecordError.self) {
      var row = row(0)
      row.added = [1, 0]
      _ = try Outcome(
        of: Trace(metrics: [row], addedHeadings: headings), spec: Self.spec, initialSquaredNorm: 3)
    }
  }
}
