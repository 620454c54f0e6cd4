import Foundation

/// Expected values from numpy and scipy (Tests/Oracles/make_claims_fixture.py).
struct ClaimsFixture: Decodable {
  struct Sample: Decodable {
    var x: [Double]
    var y: [Double]
    var group: [Double]
    /// By the name that a file of claims uses.
    var statistics: [String: Double]
    var groups: Groups
    var student: [Double]
    var cox: [Double]
    var jackknife: [String: [Double]]
  }
  struct Groups: Decodable {
    var between: [String: Double]
    var within: [String: Double]
    var then: [String: Double]
  }
  var samples: [Sample]
  /// The 97.5th percentiles for 1, 2, … degrees of freedom.
  var studentQuantiles: [Double]
  var normalTails: [[Double]]
  var wilson: [[Double]]
  var orderStatistics: [[Int]]

  enum CodingKeys: String, CodingKey {
    case samples, wilson
    case studentQuantiles = "student_quantiles"
    case normalTails = "normal_tails"
    case orderStatistics = "order_statistics"
  }

  static let stored: ClaimsFixture = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/claims.json")
    return try! JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
  }()
}

extension ClaimsFixture.Sample {
  /// One run per index, each with its own seed.
  var runs: [ValueRun] {
    x.indices.map { ValueRun(x: x[$0], y: y[$0], group: group[$0], seed: $0 + 1) }
  }
}
