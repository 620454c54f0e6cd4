import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct ClaimsTableTests {
  @Test func thereAreThirtyClaims() {
    #expect(PaperClaims.all.map(\.id) == Array(1...30))
    #expect(PaperClaims.all.allSatisfy { !$0.quantities.isEmpty })
    for claim in PaperClaims.all {
      let names = claim.quantities.map(\.name)
      #expect(Set(names).count == names.count, "claim \(claim.id)")
      #expect(claim.quantities.contains { $0.band != nil }, "claim \(claim.id) is never decided")
    }
  }

  @Test func withoutRunsNothingIsTested() {
    let table = ClaimsTable(runs: Evidence([:]), released: nil)
    #expect(table.count(of: .notTested) == 30)
  }

  @Test func onlyAllRunsOfAQuantityDecide() throws {
    let claim = try #require(PaperClaims.all.first { $0.id == 23 })
    func verdict(_ seeds: ClosedRange<UInt64>, contraction: Double) throws -> Verdict {
      let runs = seeds.map { seed in
        var run = SyntheticRun(fineSpec(seed: seed, steps: 50_000))
        run.contraction = contraction
        run.floor = 240
        return run.recorded
      }
      let table = ClaimsTable(runs: try Evidence(runs: runs), released: nil)
      return try #require(table.results.first { $0.claim.id == claim.id }).verdict
    }
    // ρ = e^(−1.4e-3) = 0.9986, T_grok 1800, V_post 240: all in their bands.
    #expect(try verdict(42...46, contraction: 0.7) == .reproduced)
    #expect(try verdict(42...45, contraction: 0.7) == .notTested)
    // ρ = 0.9982.
    #expect(try verdict(42...46, contraction: 0.9) == .inPart)
  }

  @Test func whatMissingRunsCannotChangeIsDecided() throws {
    func estimate(_ value: Double, of runs: Int, reach: ClosedRange<Double>?) -> Estimate {
      Estimate(
        value: value, interval: nil, runCount: runs, plannedCount: 10, reach: reach, sources: [])
    }
    func count(_ paper: Quantity.Printed, _ band: Quantity.Band) -> Quantity {
      .count("", paper: paper, band: band, [.contraction], of: \.hasGrokked)
    }
    // None may be; one is already.
    #expect(count("0", .exact).decides(estimate(1, of: 2, reach: 1...9)) == false)
    #expect(count("0", .exact).decides(estimate(0, of: 2, reach: 0...8)) == nil)
    // Six lie between what has been seen and what can come.
    #expect(count("6", .exact).decides(estimate(4, of: 6, reach: 4...8)) == nil)
    #expect(count("6", .atMost(6)).decides(estimate(2, of: 7, reach: 2...5)) == true)
    #expect(count("6", .atMost(6)).decides(estimate(2, of: 4, reach: 2...8)) == nil)
    #expect(count("5", .absolute(1)).decides(estimate(5, of: 10, reach: 5...5)) == true)
    #expect(count("5", .absolute(1)).decides(estimate(5, of: 9, reach: nil)) == nil)
  }

  @Test func countsAndSharesSayWhatTheyCanBecome() throws {
    let runs = try (UInt64(42)...45).map { seed in
      let run = SyntheticRun(fineSpec(seed: seed, steps: 50_000)).recorded
      return try #require(Evidence(runs: [run])[.contraction].first)
    }
    let evidence = Evidence([.contraction: runs])
    let count = Quantity.count("", [.contraction], of: \.hasGrokked)
    #expect(count.estimate(from: evidence, seed: 1)?.reach == 4...10)
    let share = Quantity.share("", [.contraction], of: { Double($0.seed) }, that: { $0 < 43 })
    // One of four; with six more one to seven of ten.
    #expect(share.estimate(from: evidence, seed: 1)?.reach == 0.1...0.7)
    let mean = Quantity.mean("", .contraction, of: \.delay)
    #expect(mean.estimate(from: evidence, seed: 1)?.reach == nil)
  }

  @Test func everyNoteHasItsQuantity() {
    for note in PaperClaims.notes {
      let claim = PaperClaims.all.first { $0.id == note.claim }
      #expect(
        claim?.quantities.contains { PaperClaims.isNoted($0.name, note.names) } == true,
        "claim \(note.claim), \(note.names)")
    }
  }

  @Test func theSameEvidenceGivesTheSameBytes() throws {
    let runs = (UInt64(42)...46).map { SyntheticRun(fineSpec(seed: $0, steps: 5000)).recorded }
    let one = ClaimsTable(runs: try Evidence(runs: runs), released: nil).json.utf8
    let two = ClaimsTable(runs: try Evidence(runs: runs.reversed()), released: nil).json.utf8
    #expect(one == two)
    #expect(try CanonicalJSON(canonical: one)["claims"] != nil)
  }

  @Test(arguments: [
    ("1182.4", 1182.3777, true), ("0.16", 0.158, true), ("0.16", 0.154, false),
    ("2.9e-5", 2.9287e-5, true), ("2.9e-5", 3.0e-5, false), ("9.58", 13.12, false),
    ("40960", 40_961.0, true), ("1.12", 1.1199, true),
  ])
  func aValueAgreesWithWhatIsPrinted(text: String, value: Double, agrees: Bool) {
    #expect(Quantity.Printed(stringLiteral: text).agrees(with: value) == agrees)
  }

  /// Development machines that have the authors' files name their directory; the files do not ship.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["REGROK_RELEASED_DATA"] != nil))
  func whatTheReleasedDataGiveIsWhatIsKnownOfThem() throws {
    let directory = try #require(ProcessInfo.processInfo.environment["REGROK_RELEASED_DATA"])
    let evidence = try Evidence(releasedData: directory)
    var compared = 0
    for claim in PaperClaims.all {
      for quantity in claim.quantities {
        guard let released = quantity.released else { continue }
        let found = try #require(quantity.estimate(from: evidence, seed: 1, withInterval: false))
        #expect(
          released.agrees(with: found.value),
          "claim \(claim.id), \(quantity.name): \(found.value), not \(released.text)")
        compared += 1
      }
    }
    #expect(compared > 100)
  }

  /// Of the released fits those that follow the data, with scipy's default tolerance of 1e-8.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["REGROK_RELEASED_DATA"] != nil))
  func fitsOfTheReleasedNormsAreTheReleasedFits() throws {
    let directory = try #require(ProcessInfo.processInfo.environment["REGROK_RELEASED_DATA"])
    let evidence = try Evidence(releasedData: directory)
    let observations: [String: Observation] = Dictionary(
      uniqueKeysWithValues: Experiment.allCases.flatMap { evidence[$0] }.map { ($0.source, $0) })
    var compared = 0
    for file in 1...8 {
      for (place, run) in try ReleasedData.runs(file: file, in: directory).enumerated() {
        let source = "full_results\(file).json, run \(place + 1)"
        let found = try #require(observations[source]).fit
        #expect((found == nil) == (run.fit == nil), "\(source)")
        guard let found, let expected = run.fit, expected.rSquared > 0.9 else { continue }
        #expect((found.rate - expected.rate).magnitude < 1e-8, "\(source)")
        let rSquared = try #require(found.rSquared)
        #expect((rSquared - expected.rSquared).magnitude < 1e-9, "\(source)")
        compared += 1
      }
    }
    #expect(compared > 180)
  }
}
