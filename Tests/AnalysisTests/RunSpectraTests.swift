import Archive
import Bundles
import Digests
import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct RunSpectraTests {
  private func digest(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

  private var run: RecordedRun {
    var run = SyntheticRun(fineSpec()).recorded
    run.trace.hashes = run.trace.metrics.map {
      HashRow(step: $0.step, parameters: digest("p\($0.step)"), optimizer: digest("o"))
    }
    return run
  }

  private func spectra(result: Digest, steps: [Int]) -> RunSpectra {
    RunSpectra(
      result: result,
      rows: steps.flatMap { step in
        [SpectrumResolution.low, .full(modulus: 97)].map { resolution in
          RunSpectra.Row(
            step: step, parameters: digest("p\(step)"), resolution: resolution,
            power: (0...48).map { Double(step + $0 + resolution.classes) / 7 })
        }
      })
  }

  @Test func aFileReadsBackAndHasOneSpelling() throws {
    let original = spectra(result: digest("r"), steps: [0, 500])
    let text = original.csv
    #expect(RunSpectra(csv: text) == original)
    #expect(text.split(separator: "\n").count == 5)
    #expect(
      text.hasPrefix("result_sha256,step,parameters_sha256,n_b,n_c,power_0,power_1,"))
    let header = text.prefix { $0 != "\n" } + "\n"
    for wrong in [
      "", String(header), text + "\n", String(text.dropLast()),
      text.replacing("power_3,", with: "power_4,"),
      text.replacing(",3,5,", with: ",03,5,"), text.replacing(",3,5,", with: ",0,5,"),
      text.replacing(",500,", with: ",-1,"), text.replacing(",0,", with: ",900,"),
      text.replacing("\n", with: "\r\n"), text + text, text.replacing(",3,5,", with: ",3,5,1,"),
      text + spectra(result: digest("other"), steps: [600]).csv.dropFirst(header.count),
      text.replacing(shortestDecimal(Double(5) / 7), with: "nan"),
      text.replacing(shortestDecimal(Double(5) / 7), with: "-1"),
    ] {
      #expect(RunSpectra(csv: wrong) == nil, "\(wrong.prefix(300))")
    }
  }

  @Test func spectraOfAnotherRunAreObjectedTo() throws {
    let run = run
    let result = try #require(run.identities?.result)
    #expect(spectra(result: result, steps: [0, 500, 1005]).objection(for: run) == nil)
    #expect(spectra(result: digest("x"), steps: [0]).objection(for: run) != nil)
    #expect(spectra(result: result, steps: [0, 7000]).objection(for: run) != nil)
    var forged = spectra(result: result, steps: [0, 500])
    forged.rows[3].parameters = digest("p0")
    #expect(forged.objection(for: run)?.contains("step 500") == true)
    var short = spectra(result: result, steps: [0])
    short.rows[0].power.removeLast()
    #expect(short.objection(for: run) != nil)
  }

  @Test func onlyExperimentsThatLookAtSpectraHaveThem() throws {
    var spec = fineSpec(steps: 50_000)
    spec.stop.stepsAfterGrokking = 7000
    var synthetic = SyntheticRun(spec)
    synthetic.lastStep = 12_000
    let run = synthetic.recorded
    let result = try #require(run.identities?.result)
    let file = ClaimsFile.paper
    let evidence = try Evidence(
      file, runs: [run], spectra: [result: spectra(result: result, steps: [0, 500, 9000, 9500])])
    #expect(evidence["S1"].count == 1 && evidence["S1"][0].spectra.isEmpty)
    let low = try #require(evidence["S4"].first)
    // T_grok is 1800, so the view ends after the row of 9000.
    #expect(low.spectra.map(\.step) == [0, 500, 9000])
    #expect(low.spectra.allSatisfy { !$0.isFull && $0.power.count == 97 })
    let full = try #require(evidence["S7 full"].first)
    #expect(full.spectra.allSatisfy(\.isFull) && full.spectra[0].power != low.spectra[0].power)
    // Without spectra the run does not count for those claims.
    let quantity = try ClaimsFile.asking("mean: last(spectrum.bins)").claims[0].beside[0]
    func estimate(_ runs: [Observation]) -> Estimate? {
      quantity.estimate(from: Evidence(["all": runs]))
    }
    #expect(estimate([low, evidence["S1"][0]])?.runCount == 1)
    #expect(estimate(evidence["S1"]) == nil)
  }
}
