import DeterministicNumerics
import Testing

/// The tree of SPEC.md 1.3, written out literally; `add` adds a term to its lane.
func definedRowSum<Term, Value: BinaryFloatingPoint>(
  _ row: [Term], _ add: (inout Value, Term) -> Void
) -> Value {
  var lanes = [Value](repeating: 0, count: 16)
  for (index, term) in row.enumerated() { add(&lanes[index % 16], term) }
  for width in [8, 4, 2, 1] {
    for lane in 0..<width { lanes[lane] += lanes[lane + width] }
  }
  return lanes[0]
}

func definedRowSum<Value: BinaryFloatingPoint>(_ row: [Value]) -> Value {
  definedRowSum(row) { $0 += $1 }
}

@Suite struct RowSumTests {
  @Test func followsTheDefinitionToTheBit() {
    for count in 0...300 {
      let row = unevenValues(count, seed: UInt64(count))
      #expect(RowSum.sum(row.span).bitPattern == definedRowSum(row).bitPattern, "length \(count)")
    }
  }

  @Test func sumsOfRecordAreInBinary64() {
    let row: [Float] = (0..<1000).map { Float($0) + 0.1 }
    let exact = row.reduce(0.0) { $0 + Double($1) * Double($1) }
    // Both orders have an error below 1000 roundings.
    #expect((RowSum.sumOfSquares(row.span) / exact - 1).magnitude < 1000 * 0x1p-53)
  }
}
