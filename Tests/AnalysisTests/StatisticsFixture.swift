import Foundation

@testable import Analysis

/// Expected values from scipy, scikit-learn and numpy (Tests/Oracles/make_statistics_fixture.py).
struct StatisticsFixture: Decodable {
  struct Exponential: Decodable {
    var times: [Double]
    var values: [Double]
    var decay: Double
    var amplitude: Double
    var exponent: Double
    var floor: Double
    var rSquared: Double
  }
  struct Line: Decodable {
    var x: [Double]
    var y: [Double]
    var slope: Double
    var intercept: Double
    var r: Double
    var error: Double
    var powerY: [Double]
    var exponent: Double
    var exponentError: Double
  }
  struct Ransac: Decodable {
    struct State: Decodable {
      var slope: Double
      var intercept: Double
      var inliers: [Bool]
      var score: Double
    }
    var x: [Double]
    var y: [Double]
    var states: [State]
  }
  struct Sample: Decodable {
    var values: [Double]
    var mean: Double
    var deviation: Double
    var median: Double
    var variation: Double
    var percentiles: [String: Double]
  }
  struct Survival: Decodable {
    var times: [Double]
    var observed: [Bool]
    var median: Double?
  }
  struct Permutation: Decodable {
    var seed: UInt32
    var count: Int
    var order: [Int]
  }
  var exponentials: [Exponential]
  var lines: [Line]
  var ransacs: [Ransac]
  var samples: [Sample]
  var survivals: [Survival]
  var permutations: [Permutation]

  static let stored: StatisticsFixture = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/statistics.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try! decoder.decode(Self.self, from: Data(contentsOf: file))
  }()
}

/// The distance to `expected` relative to it.
func relativeError(_ value: Double?, _ expected: Double) -> Double {
  guard let value else { return .infinity }
  return value == expected ? 0 : (value - expected).magnitude / expected.magnitude
}
