import Foundation
import RunRecords
import TestSupport
import Testing

@testable import Analysis

/// Results that others have published, in files as their programs left them.
@Suite struct PublishedFormatTests {
  private static let file = try! ClaimsFile(
    yaml: """
      title: t
      experiments: {A: {where: true}, B: {where: true}}
      claims: [{says: s, not_testable: r}]
      published:
        about: theirs
        values: {seed: seed, optimizer.learning_rate: eta, optimizer.weight_decay: lam, \
      t_mem: T_mem, t_grok: T_grok, v_mem: V.mem}
        rows: {step: log.steps, squared_norm: log.V}
        fit: {rate: rate, r_squared: R2, amplitude: A, floor: C}
        set: {task.name: modular-addition, task.modulus: 97}
        files:
          - {file: a.json, runs: results.runs, experiment: A, skip: 1, first: 2, \
      where: {kind: good}}
          - {file: b.json, experiment: B, unless: {kind: bad}, set: {task.modulus: 53}}
      """)

  private func evidence(_ a: String, _ b: String = "[]") throws -> Evidence {
    let folder = TemporaryDirectory()
    folder.write(Array(a.utf8), to: "a.json")
    folder.write(Array(b.utf8), to: "b.json")
    return try Evidence(published: folder.path, as: Self.file)
  }

  @Test func valuesStandWhereTheFileSays() throws {
    // V = 250 + 1000 · 0.999^t, logged every 100 steps.
    let steps = (0...20).map { 100 * $0 }
    let norms = steps.map { 250 + 1000 * pow(0.999, Double($0)) }
    let run = """
      {"seed": 7, "eta": 0.001, "lam": 0.5, "T_mem": 0, "T_grok": null, "V": {"mem": 1250}, \
      "kind": "good",
       "log": {"steps": \(steps), "V": \(norms)}}
      """
    let bad = "{\"seed\": 1, \"kind\": \"bad\"}"
    let fitted = "{\"seed\": 2, \"rate\": 0.998, \"R2\": 0.99, \"A\": 1000, \"C\": 200}"
    let found = try evidence(
      "{\"results\": {\"runs\": [\(run), \(run), \(bad), \(run)]}}", "[\(bad), \(fitted)]")
    // The first is skipped, two follow, one of which is bad.
    #expect(found["A"].map(\.source) == ["a.json, run 2"])
    let one = found["A"][0]
    #expect(one.seed == 7 && one.memorizationStep == 0 && one.grokkingStep == nil)
    #expect(one.squaredNormAtMemorization == 1250 && one.modulus == 97)
    #expect(one.rows.map(\.step) == steps)
    // Fitted again from the logged norms.
    #expect(relativeError(one.fit?.rate, 0.999) < 1e-8)
    // The other run has only its fit. Its own constants override those for all files.
    #expect(found["B"].map(\.modulus) == [53])
    #expect(relativeError(found["B"][0].fit?.gamma, 0.002) < 1e-9)
  }

  /// The difference of these two overflows.
  @Test func whatIsNoStepIsNone() throws {
    let run = """
      {"kind": "good", "T_mem": -9223372036854775808, "T_grok": 1e300, \
      "log": {"steps": [1], "V": [1]}}
      """
    let found = try evidence("{\"results\": {\"runs\": [0, \(run)]}}")["A"]
    #expect(found.map(\.memorizationStep) == [nil] && found.map(\.grokkingStep) == [nil])
  }

  @Test(arguments: [
    ("", "not JSON"), ("[1e999]", "has a number out of the range of binary64"),
    ("{}", "has no list of runs at results.runs"),
    ("{\"results\": {\"runs\": 3}}", "has no list of runs at results.runs"),
    (
      """
      {"results": {"runs": [0, {"kind": "good", "log": {"steps": [0, 1], "V": [1]}}]}}
      """,
      "a.json, run 2: its columns are of unequal length, or no numbers"
    ),
    (
      """
      {"results": {"runs": [0, {"kind": "good", "log": {"steps": [0.5], "V": [1]}}]}}
      """,
      "a.json, run 2: a step is no whole number"
    ),
    (
      """
      {"results": {"runs": [0, {"kind": "good", "log": {"steps": [-1], "V": [1]}}]}}
      """,
      "a.json, run 2: a step is no whole number"
    ),
    // Else the row of one step would have the value of another.
    (
      """
      {"results": {"runs": [0, \
      {"kind": "good", "log": {"steps": [1, null, 3], "V": [null, 2, 3]}}]}}
      """,
      "a.json, run 2: a step is no whole number"
    ),
    (
      """
      {"results": {"runs": [0, {"kind": "good", "log": {"steps": [1, 3], "V": [null, 2, 3]}}]}}
      """,
      "a.json, run 2: its columns are of unequal length, or no numbers"
    ),
  ])
  func whatIsOtherwiseIsNamed(content: String, reason: String) throws {
    let error = #expect(throws: AnalysisError.self) { try evidence(content) }
    #expect("\(error!)".contains(reason), "\(error!)")
  }

  @Test func aFileThatSaysNothingOfThemReadsNone() throws {
    let file = try ClaimsFile.asking("mean: x")
    #expect(
      throws: AnalysisError.claims(
        reason: "the file of claims does not say how published results are read")
    ) {
      try Evidence(published: "/", as: file)
    }
  }
}
