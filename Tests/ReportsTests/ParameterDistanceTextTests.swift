import Reports
import Testing

@testable import Replay

/// What is said of the distance of two runs, at the states that were measured.
@Suite struct ParameterDistanceTextTests {
  private func lines(_ points: [(step: Int, distance: Double, isEqual: Bool)]) -> [String] {
    ParameterDistance(
      points: points.map {
        .init(step: $0.step, distance: $0.distance, norm: 10, isEqual: $0.isEqual)
      }
    ).textLines
  }

  @Test func equalBitsAreSaidWhereTheyWereCompared() {
    #expect(lines([]) == ["no state to compare"])
    #expect(
      lines([(0, 0, true), (50, 0, true)]) == [
        "states  2, up to step 50", "apart   at none of these 2 states: equal to the bit",
      ])
    #expect(lines([(0, 0, true)]).last == "apart   not in this state: equal to the bit")
  }

  /// A distance of 0 does not tell +0 from −0.
  @Test func zerosOfTwoSignsAreNotEqualToTheBit() {
    #expect(
      lines([(0, 0, true), (50, 0, false), (60, 0, true)]).last
        == "apart   at none of these 3 states, but zeros have other signs at step 50")
  }

  @Test func theFirstStateThatDiffersIsNotCalledTheFirstStep() {
    #expect(
      lines([(0, 0, true), (50, 0.05, false), (60, 0.08, false), (70, 0.02, false)]) == [
        "states            4, up to step 70",
        "first seen apart  at step 50 of the states measured: 0.05",
        "1 % of ‖θ‖        at none of these 4 states",
        "farthest          0.8 % of ‖θ‖ at step 60",
        "at the end        0.2 % of ‖θ‖ at step 70",
      ])
    #expect(lines([(0, 0.1, false)])[2] == "1 % of ‖θ‖        step 0")
  }
}
