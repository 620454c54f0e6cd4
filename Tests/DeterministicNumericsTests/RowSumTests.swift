import DeterministicNumerics
import Testing

@Suite struct RowSumTests {
  /// The tree of SPEC.md 1.3, written as it stands there.
  private func defined(_ row: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 16)
    for (index, value) in row.enumerated() { lanes[index % 16] += value }
    for width in [8, 4, 2, 1] {
      for lane in 0..<width { lanes[lane] += lanes[lane + width] }
    }
    return lanes[0]
  }

  @Test func followsTheDefinitionToTheBit() {
    for count in 0...300 {
      let row = unevenValues(count, seed: UInt64(count))
      #expect(RowSum.sum(row.span).bitPattern == defined(row).bitPattern, "length \(count)")
    }
  }

  /// M at one place, −M at another, ones elsewhere: what survives tells which ones were added to M before −M. Every
  /// pair of places of every length up to 48, and some beyond, must say what the defined tree says.
  @Test func theTreeSeenFromOutsideIsTheDefinedOne() {
    for count in Array(2...48) + [63, 64, 65, 127, 300] {
      for first in 0..<count where count <= 48 || first % 7 == 0 {
        for second in 0..<count where second != first && (count <= 48 || second % 5 == 0) {
          var row = [Float](repeating: 1, count: count)
          row[first] = 0x1p30
          row[second] = -0x1p30
          #expect(RowSum.sum(row.span) == defined(row))
        }
      }
    }
  }

  @Test func sumsOfRecordAreInBinary64() {
    let row: [Float] = (0..<1000).map { Float($0) + 0.1 }
    let exact = row.reduce(0.0) { $0 + Double($1) * Double($1) }
    // Either order errs by less than 1000 roundings.
    #expect((RowSum.sumOfSquares(row.span) / exact - 1).magnitude < 1000 * 0x1p-53)
  }
}
