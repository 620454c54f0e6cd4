import Catalogue
import Testing

@Suite struct NumberBoundsTests {
  struct Example: Sendable {
    let bounds: NumberBounds
    let demand: String
    let inside: [Double]
    let outside: [Double]
  }

  private static let least = Double.leastNonzeroMagnitude
  private static let most = Double.greatestFiniteMagnitude

  static let examples: [Example] = [
    Example(
      bounds: NumberBounds(.above(0), .below(1)), demand: "a number above 0 and below 1",
      inside: [least, 0.5], outside: [0, 1, -0.5]),
    Example(
      bounds: NumberBounds(.above(0), .upTo(1)), demand: "a number above 0 and at most 1",
      inside: [least, 1], outside: [0, 1.5]),
    Example(
      bounds: NumberBounds(.above(0), .unlimited), demand: "a number above 0",
      inside: [least, most], outside: [0, -1, .infinity]),
    Example(
      bounds: NumberBounds(.from(0), .below(1)), demand: "a number from 0 and below 1",
      inside: [0, 0.5], outside: [-least, 1]),
    Example(
      bounds: NumberBounds(.from(0), .upTo(7)), demand: "a number from 0 to 7",
      inside: [0, 7], outside: [-least, 7.5]),
    Example(
      bounds: NumberBounds(.from(0), .unlimited), demand: "a number, 0 or above",
      inside: [0, most], outside: [-1, .infinity]),
  ]

  @Test(arguments: examples)
  func theSentenceSaysWhatIsInside(example: Example) {
    #expect(example.bounds.demand == example.demand)
    for value in example.inside { #expect(example.bounds.contains(value), "\(value)") }
    for value in example.outside + [.nan] {
      #expect(!example.bounds.contains(value), "\(value)")
    }
  }
}
