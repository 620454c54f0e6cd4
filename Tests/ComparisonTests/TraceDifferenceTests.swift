import Bundles
import Comparison
import Digests
import RunRecords
import Testing

@Suite struct TraceDifferenceTests {
  /// Steps 0, `interval`, 2 `interval`, …, with values that depend only on the step.
  static func trace(rows: Int = 5, interval: Int = 20) -> Trace {
    Trace(
      metrics: (0..<rows).map { row in
        let step = row * interval
        return MetricsRow(
          step: step, trainLoss: 1 / Double(step + 1), trainAccuracy: 0.5, validationLoss: 2,
          validationAccuracy: 0.25, squaredNorm: 100 + Double(step))
      },
      hashes: (0..<rows).map { row in
        HashRow(
          step: row * interval, parameters: Digest(of: [UInt8(row * interval)]),
          optimizer: Digest(of: [1, UInt8(row * interval)]))
      })
  }

  @Test func equalTracesHaveNoDifference() {
    let difference = TraceDifference(Self.trace(), Self.trace())
    #expect(difference.commonRowsAreEqual)
    #expect(difference.commonSteps == 5)
    #expect(difference.curves.isEmpty)
  }

  @Test func firstRowAndLargestDistanceAreNamed() throws {
    let a = Self.trace()
    var b = a
    b.metrics[2].squaredNorm = b.metrics[2].squaredNorm.nextUp
    b.metrics[3].squaredNorm = b.metrics[3].squaredNorm.nextUp.nextUp.nextUp
    b.metrics[4].squaredNorm = b.metrics[4].squaredNorm.nextDown
    b.hashes[2].parameters = Digest(of: [])
    let difference = TraceDifference(a, b)
    #expect(difference.first.map(\.column) == ["squared_norm", "parameters_sha256"])
    #expect(difference.first.map(\.step) == [40, 40])
    #expect(difference.first.map(\.ulps) == [1, nil])
    let curve = try #require(difference.curves.first)
    #expect(curve.largest?.step == 60)
    #expect(curve.largest?.ulps == 3)
    #expect(curve.differingRows == 3)
    #expect(difference.curves.map(\.column) == ["squared_norm", "parameters_sha256"])
    let ignoring = TraceDifference(a, b, ignoring: ["squared_norm", "parameters_sha256"])
    #expect(ignoring.commonRowsAreEqual)
  }

  @Test func onlyCommonStepsAreCompared() {
    let difference = TraceDifference(Self.trace(interval: 20), Self.trace(interval: 40))
    #expect(difference.commonSteps == 3)
    #expect(difference.stepsOnlyInA == [20, 60])
    #expect(difference.stepsOnlyInB == [120, 160])
    #expect(difference.commonRowsAreEqual)
  }

  @Test func negativeZeroIsWrittenAsZeroAndSoIsNoDifference() {
    let a = Self.trace()
    var b = a
    b.metrics[1].validationLoss = 0
    var c = a
    c.metrics[1].validationLoss = -0.0
    #expect(b.metricsCSV == c.metricsCSV)
    #expect(TraceDifference(b, c).commonRowsAreEqual)
  }
}
