import Bundles
import Digests
import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct ClaimsTableTests {
  @Test func withoutRunsNothingIsTested() throws {
    let table = ClaimsTable(.paper, runs: Evidence([:]), released: nil)
    let untestable = ClaimsFile.paper.claims.count { $0.untestableReason != nil }
    #expect(table.count(of: .notTested) == 30 - untestable)
    #expect(table.count(of: .notTestable) == untestable)
    #expect(table.runsAfterClaims == (0, 0))
  }

  /// Claims on γ_fit and T_grok of seeds 42 to 46 of the base cell.
  private static let file = try! ClaimsFile(
    yaml: """
      title: t
      experiments: {A: {plan: plan.yaml, experiment: A}}
      claims:
        - id: 3
          says: V decays
          headline: {name: γ, runs: A, mean: fit.gamma, \
      band: {from: 1.3e-3, to: 1.5e-3, source: ours}}
          published:
            - {name: T_grok, runs: A, mean: t_grok, paper: 1800, band: {within: 10 %, source: ours}}
          beside: {name: T_mem, runs: A, mean: t_mem}
        - {id: 1, says: Counted, not_testable: chosen}
      """, file: "c.yaml"
  ) { _ throws(AnalysisError) in
    Array("preset: modular-addition\nexperiments: [{name: A, seeds: 42..46}]\n".utf8)
  }

  private func table(
    _ seeds: ClosedRange<UInt64> = 42...46, contraction: (UInt64) -> Double = { _ in 0.7 },
    grokking: Int = 1800
  ) throws -> ClaimsTable {
    let runs = seeds.map { seed in
      var run = SyntheticRun(fineSpec(seed: seed, steps: 50_000))
      run.contraction = contraction(seed)
      run.grokking = grokking
      return run.recorded
    }
    return ClaimsTable(Self.file, runs: try Evidence(Self.file, runs: runs), released: nil)
  }

  @Test func theHeadlineDecidesAndTheRestIsShown() throws {
    // γ = 1 − e^(−1.4e-3) = 1.399e-3 for each seed.
    let table = try table()
    #expect(table.results.map(\.claim.id) == [1, 3])
    #expect(table.results.map(\.verdict) == [.notTestable, .reproduced])
    let lines = table.results[1].lines
    #expect(lines.map(\.role) == [.headline, .published, .beside])
    #expect(lines.map(\.decision) == [.holds, .holds, nil])
    #expect(lines[2].ours?.value == 800 && lines[2].ours?.count == 5)
    #expect(table.results[1].sources.count == 5)
  }

  @Test func eachVerdictHasItsRuns() throws {
    func verdict(_ table: ClaimsTable) -> Verdict { table.results[1].verdict }
    #expect(try verdict(table(grokking: 2600)) == .inPart)
    #expect(try verdict(table(contraction: { _ in 0.9 })) == .notReproduced)
    // These contractions lie so far apart that the interval is wider than the band.
    #expect(try verdict(table(contraction: { $0 % 2 == 0 ? 0.65 : 0.8 })) == .undetermined)
    #expect(try verdict(table(42...45)) == .undetermined)
    #expect(try table(42...45).results[1].lines[0].decision == .incomplete(runs: 4, planned: 5))
  }

  /// Any name may follow `squared_norm.`, so a mistyped one is told of once there are runs; so is
  /// why a quantity has no value.
  @Test func whatTheRunsLackIsTold() throws {
    let file = try ClaimsFile(
      yaml: """
        title: t
        experiments: {A: {where: batch > 0}, B: {where: batch < 0}}
        define: {head: last(squared_norm.head.wieght)}
        claims:
          - says: s
            not_testable: r
            beside:
              - {name: one, runs: A, mean: head + last(squared_norm)}
              - {name: two, runs: A, mean: t_mem, where: first(zero_loss) > 0}
              - {name: three, runs: A, mean: "last(train_loss, step < t_mem)"}
              - {name: four, runs: B, mean: head}
              - {name: five, runs: A, mean: t_mem, where: t_grok < 0}
              - {name: six, runs: A, mean: "last(train_loss, step < 0)"}
              # T_mem is the same in all.
              - {name: seven, runs: A, correlation: {x: seed, y: t_mem}}
              - {name: eight, runs: A, r_squared: {x: seed, y: t_mem}}
              - {name: nine, runs: A, slope: {x: seed, y: t_mem}}
        """, file: "c.yaml"
    ) { _ throws(AnalysisError) in [] }
    let runs = (UInt64(42)...46).map { SyntheticRun(fineSpec(seed: $0)).recorded }
    let lines = ClaimsTable(file, runs: try Evidence(file, runs: runs), released: nil).results[0]
      .lines
    #expect(
      lines.map(\.gaps) == [
        ["no run has the column squared_norm.head.wieght"], ["no run has the column zero_loss"],
        [], [], ["no value: none of 5 runs is of this kind"],
        ["no value: none of 5 runs has what it is computed from"],
        ["no value: it is not defined for what 5 runs have"],
        ["no value: it is not defined for what 5 runs have"], [],
      ])
    #expect(lines[8].ours?.value == 0 && lines[6].ours == nil)
  }

  @Test func theSameEvidenceGivesTheSameBytes() throws {
    let runs = (UInt64(42)...46).map { SyntheticRun(fineSpec(seed: $0, steps: 5000)).recorded }
    func json(_ runs: [RecordedRun]) throws -> [UInt8] {
      ClaimsTable(.paper, runs: try Evidence(.paper, runs: runs), released: nil).json.utf8
    }
    let one = try json(runs)
    #expect(try one == json(runs.reversed()))
    #expect(try CanonicalJSON(canonical: one)["claims"] != nil)
  }

  @Test func theAnswerInJSONHasEachDecision() throws {
    let json = try table(grokking: 2600).json
    guard case .array(let claims)? = json["claims"],
      case .array(let quantities)? = claims.last?["quantities"]
    else {
      Issue.record("no claims")
      return
    }
    #expect(claims.map { $0["verdict"] } == ["not testable", "reproduced in part"])
    #expect(quantities.map { $0["decision"]?["is"] } == ["within", "outside", nil])
    #expect(quantities[0]["band"] == ["low": 1.3e-3, "high": 1.5e-3, "source": "ours"])
    #expect(quantities[0]["ours"]?["method"] == "Student’s t")
    #expect(quantities[1]["published"] == 1800)
    #expect(json["file"] == .string(Self.file.digest.hex))
    #expect(json["verdicts"]?["reproduced in part"] == 1)
  }

  @Test(arguments: [
    ("1182.4", 1182.3777, true), ("0.16", 0.158, true), ("0.16", 0.154, false),
    ("2.9e-5", 2.9287e-5, true), ("2.9e-5", 3.0e-5, false), ("9.58", 13.12, false),
    ("40960", 40_961.0, true), ("1.12", 1.1199, true),
    ("2.9E-5", 2.9287e-5, true), ("2.9E-5", 3.0e-5, false),
  ])
  func aValueAgreesWithWhatIsPrinted(text: String, value: Double, agrees: Bool) {
    #expect(Quantity.Printed(text)?.agrees(with: value) == agrees)
  }

  /// The authors' files do not ship. Development machines that have them name their directory.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["REGROK_RELEASED_DATA"] != nil))
  func whatTheReleasedDataGiveIsWhatIsKnownOfThem() throws {
    let directory = try #require(ProcessInfo.processInfo.environment["REGROK_RELEASED_DATA"])
    let evidence = try Evidence(published: directory, as: .paper)
    var compared = 0
    for claim in ClaimsFile.paper.claims {
      for quantity in claim.headlines + claim.secondaries + claim.beside {
        guard let released = quantity.released else { continue }
        let found = try #require(quantity.estimate(from: evidence))
        #expect(
          released.agrees(with: found.value),
          "claim \(claim.id), \(quantity.name): \(found.value), not \(released.text)")
        compared += 1
      }
    }
    #expect(compared > 100)
  }
}
