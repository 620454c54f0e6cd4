import Foundation
import RunRecords
import Testing

@testable import Analysis

/// A run with values but no rows: x is V_mem, y is V_post, z is V at the start, g is the modulus.
struct ValueRun {
  var x: Double?
  var y: Double?
  var z: Double?
  var group = 97.0
  var seed = 1

  private static let base = Observation(planned: Preset.modularAddition.spec)

  var observation: Observation {
    var run = Self.base
    run.source = "\(group) \(seed)"
    run.config["seed"] = .number(Double(seed))
    run.config["task.modulus"] = .number(group)
    run.squaredNormAtMemorization = x
    run.finalSquaredNorm = y
    run.initialSquaredNorm = z
    return run
  }

  /// Runs of one cell that differ only in their seed.
  static func cell(_ values: [Double?]) -> [Observation] {
    values.enumerated().map { ValueRun(x: $1, seed: $0 + 1).observation }
  }
}

extension ClaimsFile {
  /// A file with one claim that no run can decide, and with `quantity` beside it.
  static func asking(_ quantity: String) throws -> ClaimsFile {
    try ClaimsFile(
      yaml: """
        title: t
        define: {x: v_mem, y: v_post, z: v_initial, g: task.modulus}
        experiments: {all: {where: true}, others: {where: true}}
        claims:
          - says: s
            not_testable: r
            beside: {name: q, runs: all, \(quantity)}
        """)
  }

  /// The file of claims that ships.
  static let paper = try! ClaimsFile(path: root + "/bundles/paper/claims.yaml")

  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path
}

/// The estimate of one quantity, written as in a file of claims.
func estimate(_ quantity: String, of runs: [Observation], joined others: [Observation] = [])
  throws -> Estimate?
{
  let file = try ClaimsFile.asking(quantity)
  return file.claims[0].beside[0].estimate(from: Evidence(["all": runs, "others": others]))
}
