import Comparison
import RunRecords
import Testing

@Suite struct KeyDifferenceTests {
  @Test func keysAreDottedAndSorted() {
    let a: CanonicalJSON = ["seed": "42", "optimizer": ["name": "adamw", "beta1": 0.9], "x": [1]]
    let b: CanonicalJSON = ["seed": "43", "optimizer": ["name": "sgd"], "x": [1], "y": .null]
    let differences = KeyDifference.all(between: a, and: b)
    #expect(differences.map(\.key) == ["optimizer.beta1", "optimizer.name", "seed", "y"])
    #expect(differences[0].a == 0.9)
    #expect(differences[0].b == nil)
    #expect(differences[2].b == "43")
    #expect(differences[3].a == nil)
    #expect(differences[3].b == .null)
  }

  @Test func equalRecordsHaveNone() {
    let record: CanonicalJSON = ["a": ["b": [1, 2], "c": [:]]]
    #expect(KeyDifference.all(between: record, and: record).isEmpty)
  }
}
