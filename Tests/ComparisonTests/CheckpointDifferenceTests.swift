import Comparison
import RunRecords
import Testing

@Suite struct CheckpointDifferenceTests {
  static let checkpoint = Checkpoint(
    step: 100,
    parameters: [
      NamedTensor(name: "w", shape: [2, 3], values: [1, 2, 3, 4, 5, 6]),
      NamedTensor(name: "b", shape: [2], values: [0, 0]),
    ],
    optimizer: [NamedTensor(name: "optimizer.exp_avg.b", shape: [2], values: [3, 4])])

  @Test func equalCheckpointsHaveNoDifference() {
    let difference = CheckpointDifference(Self.checkpoint, Self.checkpoint)
    #expect(difference.isEqual)
    #expect(difference.comparedTensors == 3)
  }

  @Test func elementsAreNamedByBothIndices() throws {
    var other = Self.checkpoint
    other.parameters[0].values[2] = Float(3).nextUp
    other.parameters[0].values[4] = Float(5).nextDown.nextDown
    let difference = CheckpointDifference(Self.checkpoint, other)
    #expect(difference.tensors.map(\.name) == ["w"])
    guard case .values(let values)? = difference.tensors.first?.kind else {
      Issue.record("w does not differ in its values")
      return
    }
    #expect(values.differing == 2)
    #expect(values.first.index == [0, 2])
    #expect(values.first.flatIndex == 2)
    #expect(values.first.ulps == 1)
    #expect(values.largest.index == [1, 1])
    #expect(values.largest.flatIndex == 4)
    #expect(values.largest.ulps == 2)
    // From 3 to the next value is 2^−22, from 5 two values down is 2^−20; ‖w‖² = 91.
    let expected = ((0x1p-22 * 0x1p-22 + 0x1p-20 * 0x1p-20) / 91).squareRoot()
    #expect(values.relativeL2 == expected)
  }

  @Test func zerosDifferBySignAndHaveNoRelativeNorm() {
    var other = Self.checkpoint
    other.parameters[1].values[1] = -0.0
    guard
      case .values(let values)? = CheckpointDifference(Self.checkpoint, other).tensors.first?.kind
    else {
      Issue.record("−0 and +0 were taken for equal")
      return
    }
    #expect(values.largest.ulps == 1)
    #expect(values.relativeL2 == nil)
  }

  @Test func missingTensorsAndShapesAreNamed() {
    var other = Self.checkpoint
    other.parameters[0] = NamedTensor(name: "w", shape: [3, 2], values: [1, 2, 3, 4, 5, 6])
    other.optimizer = []
    other.parameters.append(NamedTensor(name: "c", shape: [], values: [1]))
    let tensors = CheckpointDifference(Self.checkpoint, other).tensors
    #expect(tensors.map(\.name) == ["w", "optimizer.exp_avg.b", "c"])
    #expect(tensors.map(\.kind) == [.shape(a: [2, 3], b: [3, 2]), .onlyInA, .onlyInB])
    let without = CheckpointDifference(Self.checkpoint, other, ignoring: { $0 == "c" })
    #expect(without.tensors.count == 2)
  }

  @Test func nanPayloadsAreCompared() {
    var a = Self.checkpoint
    a.parameters[1].values = [.nan, 1]
    var b = a
    #expect(CheckpointDifference(a, b).isEqual)
    b.parameters[1].values[0] = Float(nan: 7, signaling: false)
    guard case .values(let values)? = CheckpointDifference(a, b).tensors.first?.kind else {
      Issue.record("payloads were not compared")
      return
    }
    #expect(values.largest.ulps == 7)
    #expect(values.relativeL2 == nil)
    #expect(values.largest.json["a"] == "nan")
  }

  /// An element is identified by both indices and by the bits of its two values.
  @Test func elementsAreTheSameWhenPlaceAndBitsAre() throws {
    func first(_ shape: [Int], at place: Int, _ a: Float, _ b: Float) throws
      -> ValuesDifference.Element?
    {
      var values = [Float](repeating: 0, count: shape.reduce(1, *))
      func checkpoint(_ value: Float) -> Checkpoint {
        values[place] = value
        return Checkpoint(
          step: 0, parameters: [NamedTensor(name: "w", shape: shape, values: values)],
          optimizer: [])
      }
      let tensor = try #require(CheckpointDifference(checkpoint(a), checkpoint(b)).tensors.first)
      guard case .values(let difference) = tensor.kind else {
        Issue.record("w does not differ in its values")
        return nil
      }
      return difference.first
    }
    let element = try #require(try first([2, 3], at: 3, 1, .nan))
    #expect(element.index == [1, 0])
    #expect(element == (try first([2, 3], at: 3, 1, .nan)))
    #expect(element != (try first([2, 3], at: 3, 2, .nan)))
    #expect(element != (try first([2, 3], at: 3, 1, Float(nan: 7, signaling: false))))
    // The index [1, 0] in another shape, and the flat index 3 in another shape.
    #expect(element != (try first([2, 2], at: 2, 1, .nan)))
    #expect(element != (try first([3, 2], at: 3, 1, .nan)))
  }
}
