import Archive
import Bundles
import Catalogue
import Comparison
import Digests
import Foundation
import Replay
import RunRecords
import TestSupport
import Testing

@testable import Reports

@Suite struct RunsReportTests {
  /// A run of the base cell that groks, or not, with a smooth curve.
  private static func run(
    seed: UInt64, decay: Double = 1, grokked: Int? = 1800, path: String = "a.tar.zst",
    memorized: Int = 800, changes: [Intervention] = []
  ) -> RecordedRun {
    var spec = Preset.modularAddition.spec
    spec.seed = seed
    spec.interventions = changes
    if case .adamW(var adamW) = spec.optimizer {
      adamW.weightDecay = decay
      spec.optimizer = .adamW(adamW)
    }
    var trace = Trace()
    for step in stride(from: 0, through: 4000, by: 200) {
      trace.metrics.append(
        MetricsRow(
          step: step, trainLoss: 1, trainAccuracy: step >= memorized ? 1 : 0, validationLoss: 1,
          validationAccuracy: step >= grokked ?? .max ? 1 : 0,
          squaredNorm: 250 + 13_000 * exp(-1.4e-3 * decay * Double(step))))
    }
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: 13_500, lastStep: 4000,
      stopReason: grokked == nil ? .maxSteps : .grokked)
    let digest = Digest(of: Array(spec.canonicalJSON.text.utf8))
    trace.hashes = trace.metrics.map {
      HashRow(step: $0.step, parameters: digest, optimizer: digest)
    }
    return RecordedRun(
      path: path, identities: .init(bundle: digest, result: digest), config: spec.canonicalJSON,
      trace: trace, outcome: outcome.json, environment: nil, checkpoints: [],
      readCheckpoint: { _ in [] })
  }

  private static let decays = [0.1, 0.3, 1.0]

  /// 300 runs: three values of λ with a hundred seeds each. No run with λ = 0.1 groks.
  private static let many = (0..<300).map { place in
    let decay = decays[place % 3]
    return run(seed: UInt64(place / 3), decay: decay, grokked: decay == 0.1 ? nil : 1800)
  }

  private func page(_ runs: [RecordedRun], by key: String? = nil) throws -> String {
    try #require(RunsReport(runs.map(OpenedRun.trainer), by: key)).html
  }

  @Test(arguments: [1, 2, 7, 8, 300])
  func thePageNeedsNothingElseAndEveryLinkHasItsTarget(count: Int) throws {
    let page = try page(Array(Self.many.prefix(count)))
    #expect(try page == self.page(Array(Self.many.prefix(count))))
    #expect(page.matches(of: /<script>/).count == 1)
    for outside in ["http:", "https:", "src=", "url(", "@import"] {
      #expect(!page.contains(outside), "\(outside)")
    }
    for broken in ["nan", "inf\""] {
      #expect(!page.replacing(/<script.*?>(?s).*?<\/script>/, with: "").contains(broken))
    }
    let targets = page.matches(of: /id="([^"]+)"/).map { String($0.1) }
    #expect(targets.count == count && Set(targets).count == count)
    for link in page.matches(of: /href="#([^"]+)"/) {
      #expect(targets.contains(String(link.1)), "\(link.1)")
    }
  }

  @Test func pathsCannotWriteIntoThePage() throws {
    let path = "<script>alert(1)</script>\"'&.tar.zst"
    let runs = [Self.run(seed: 1, path: path), Self.run(seed: 1, path: path)]
    let page = try page(runs)
    #expect(page.matches(of: /<script>/).count == 1 && !page.contains(path))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;.tar.zst"))
    let diff = try DiffReport(RunDiff(runs[0], runs[1]), of: runs[0], and: runs[1]).html
    #expect(
      diff.matches(of: /<script>/).count == 1 && diff.contains("A and B: identical"))
  }

  @Test func manyRunsAreSortedColouredAndSmall() throws {
    let page = try page(Self.many)
    #expect(page.utf8.count < 900_000)
    #expect(page.contains("Coloured by optimizer.weight_decay."))
    // The key of the colours, and a row for each value; no run with λ = 0.1 has grokked.
    for decay in ["0.1", "0.3", "1"] { #expect(page.contains("</i>\(decay)</span>")) }
    #expect(page.contains("<tr><td>0.1<td>100<td>0<td>800<td>not reached<td>–"))
    #expect(page.contains("<tr><td>1<td>100<td>100<td>800<td>1800<td>1000"))
    #expect(page.contains("<title>1: weight decay 0.1, seed 0</title>"))
    #expect(page.matches(of: /class="hollow/).count == 100)
  }

  @Test func aKeyCanBeChosenAndHasToBeThere() throws {
    #expect(RunsReport(Self.many.map(OpenedRun.trainer), by: "optimizer.weight_deca") == nil)
    let page = try page(Array(Self.many.prefix(6)), by: "seed")
    #expect(page.contains("Coloured by seed."))
  }

  /// A change at memorisation has another step for each seed, and is one value all the same.
  @Test func whatIsChangedAtMemorisationIsOneValue() throws {
    func run(_ seed: UInt64, _ memorized: Int, decay: Double, at step: Int? = nil) -> OpenedRun {
      let change = Intervention(
        step: step ?? memorized + 1,
        action: .set([.init(key: "optimizer.weight_decay", value: .number(decay))]))
      return .trainer(
        Self.run(seed: seed, path: "\(seed)-\(decay)", memorized: memorized, changes: [change]))
    }
    let forks = (0..<5).flatMap { seed in
      [0.25, 4].map { run(seed, 600 + 200 * Int(seed % 3), decay: $0) }
    }
    let page = try #require(RunsReport(forks)).html
    let quarter = "optimizer.weight_decay=0.25 after memorisation"
    #expect(page.contains("Coloured by at.") && page.contains(quarter))
    #expect(!page.contains("weight_decay&quot;") && !page.contains("at 601"))
    let list = try RunList(forks)
    #expect(list.textLines.count == 11 && list.textLines[1].contains(quarter))
    // A mark after a quote, and a line feed alone, are no way out of a cell.
    let odd = try RunList([.trainer(Self.run(seed: 1, path: "a\"\u{301}b\nc", memorized: 600))])
    #expect(odd.csvLines[1].hasPrefix("\"a\"\"\u{301}b\nc\","))
    // For machines it is the config's own value.
    #expect(try #require(list.csvLines.first { $0.hasPrefix("0-0.25") }).contains("601"))
    // Runs with one change differ in the seed alone, and yet their configs in more.
    let arm = try #require(RunsReport(forks.enumerated().filter { $0.offset % 2 == 0 }.map(\.1)))
    #expect(arm.summary == "Their configs differ in seed.")
    #expect(arm.json["differing"] == ["at", "seed"])
    // If one is changed elsewhere, all have their steps.
    let mixed = try #require(RunsReport(forks + [run(9, 600, decay: 2, at: 900)])).html
    #expect(
      mixed.contains("optimizer.weight_decay=0.25 at 601")
        && mixed.contains("optimizer.weight_decay=2 at 900") && !mixed.contains(quarter))
  }

  @Test func fewRunsAreNamedByWhatDiffers() throws {
    let page = try page([
      Self.run(seed: 1), Self.run(seed: 2, decay: 0.5), Self.run(seed: 2, decay: 0.3),
    ])
    #expect(page.contains("Their configs differ in optimizer.weight_decay, seed."))
    #expect(page.contains("2: weight decay 0.5, seed 2"))
    #expect(page.contains("<tr><td>T_grok<td>1800<td>1800<td>1800"))
    #expect(page.contains("Dashed: training."))
  }

  @Test func unequalLogIntervalsAreSaid() throws {
    var other = Self.run(seed: 1)
    var config = try #require(other.config.members)
    config["log_interval"] = 50
    other.config = .object(config)
    #expect(try page([Self.run(seed: 1), other]).contains("logged every 50, 200 steps."))
    #expect(try !page([Self.run(seed: 1)]).contains("compare them at equal intervals"))
  }

  @Test func aDiffHasItsTables() throws {
    let (a, b) = (Self.run(seed: 1), Self.run(seed: 2, decay: 0.5, grokked: 2800))
    let page = try DiffReport(RunDiff(a, b), of: a, and: b).html
    #expect(page.contains("<tr><td>optimizer.weight_decay<td>1<td>0.5<td>"))
    #expect(page.contains("<tr><td>t_grok<td>1800<td>2800<td>+1000"))
    #expect(page.contains("A T_grok") && page.contains("B T_mem"))
    #expect(page.contains("<p class=\"note\">not compared: tensors (a.tar.zst kept no checkpoint)"))
  }
}
