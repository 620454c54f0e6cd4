import Foundation
import RunRecords
import Testing

@testable import Analysis
@testable import Reports

@Suite struct ClaimsReportTests {
  private static let file = try! ClaimsFile(
    yaml: """
      title: Of two <runs>
      source: a journal
      experiments: {A: {plan: plan.yaml, experiment: A}, B: {plan: plan.yaml, experiment: A}}
      claims:
        - says: The delay is <short>
          headline:
            {name: "mean delay | A", runs: A, mean: t_grok - t_mem, paper: 1.0e3, released: 990,
             band: {within: 15 %, source: authors' repeats}, note: Ten seeds are few.}
          published: {name: T_mem, runs: A, mean: t_mem, paper: 840, \
      band: {within: 5 %, source: ours}, note: Logged at 800.}
          beside: {name: V_post, runs: B, mean: v_post, note: What is left.}
          notes: A note of the claim.
        - {id: 9, says: Nobody knows, not_testable: it was chosen}
        - id: 4
          says: All of them grok
          headline: {name: share, runs: A, share: has(t_grok), band: {at_least: 0.9, source: ours}}
      figures:
        - title: Norms
          about: What falls
          headline: true
          x: {name: step, scale: steps}
          y: {name: V, scale: logarithmic}
          mark: {x: 800, label: T_mem}
          series:
            - {curves: V, runs: A, x: step, y: squared_norm, color: 0}
            - {fits: fitted, runs: A, color: 1}
        - title: Delays
          x: {name: seed}
          y: {name: delay}
          series:
            - {points: delay, runs: A, x: seed, y: t_grok - t_mem, color: ramp}
            - {line: straight, runs: A, x: seed, y: t_grok - t_mem + seed, color: 2}
            - {law: power, runs: A, x: seed, y: t_grok * seed ^ 2, color: 3}
            - {means: means, runs: A, by: seed > 43, x: seed, y: t_grok, color: 4}
            - {medians: medians, runs: A, x: "if(seed > 43, 1, 2)", time: t_grok, \
      observed: has(t_grok), color: 5}
            - {diagonal: equal}
      changes:
        - {date: 2026-11-20, claim: 1, what: band, before: 10 %, after: 15 %, \
      reason: Repeats differ.}
      """, file: "c.yaml"
  ) { _ throws(AnalysisError) in
    Array("preset: modular-addition\nexperiments: [{name: A, seeds: 42..46}]\n".utf8)
  }

  /// Five seeds of the base cell, memorised at 800 and grokked at 1800.
  private func evidence(grokking: Int = 1800) -> Evidence {
    let runs = (UInt64(42)...46).map { seed in
      var spec = Preset.modularAddition.spec
      spec.seed = seed
      var trace = Trace()
      for step in stride(from: 0, through: 4000, by: 200) {
        trace.metrics.append(
          MetricsRow(
            step: step, trainLoss: 1, trainAccuracy: step >= 800 ? 1 : 0, validationLoss: 1,
            validationAccuracy: step >= grokking ? 1 : 0,
            squaredNorm: 250 + 13_000 * exp(-1.4e-3 * Double(step))))
      }
      return Observation(
        of: spec, trace: trace, viewedAs: spec, mayEndEarly: true, source: "bundle\(seed)<&>")!
    }
    return Evidence(["A": runs, "B": runs])
  }

  private func table(_ evidence: Evidence) -> ClaimsTable {
    ClaimsTable(Self.file, runs: evidence, released: nil)
  }

  private func page(_ evidence: Evidence) -> String {
    ClaimsReport(table: table(evidence), runs: evidence, released: nil).html
  }

  // MARK: The page

  @Test func thePageNeedsNothingElseAndIsTheSameEachTime() {
    let page = page(evidence())
    #expect(page == self.page(evidence()))
    #expect(page.matches(of: /<script>/).count == 1)
    for outside in ["http:", "https:", "src=", "url(", "@import"] {
      #expect(!page.contains(outside))
    }
    let pictures = page.replacing(/<script.*?>(?s).*?<\/script>/, with: "")
    for broken in ["nan", "inf"] {
      #expect(!pictures.contains(" \(broken)") && !pictures.contains("\"\(broken)"))
    }
  }

  @Test func aBundlesPathLeadsToThePageThatPerformsItAgain() {
    let evidence = evidence()
    let source = evidence["A"][0].source
    let files = [source: "a ü<&>/b.tar.zst"]
    func page(_ address: String?) -> String {
      ClaimsReport(
        table: table(evidence), runs: evidence, released: nil, files: files, page: address
      ).html
    }
    let link =
      "<a href=\"../replay.html#a%20%C3%BC%3C%26%3E/b.tar.zst\">a ü&lt;&amp;&gt;/b.tar.zst</a>"
    #expect(page("../replay.html").contains(link))
    #expect(!page(nil).contains("replay.html"))
    #expect(page(nil).contains("a ü&lt;&amp;&gt;/b.tar.zst: "))
  }

  @Test func whatStandsInTheFileIsEscaped() {
    let page = page(evidence())
    #expect(page.contains("Of two &lt;runs&gt;") && !page.contains("<runs>"))
    #expect(page.contains("The delay is &lt;short&gt;") && !page.contains("<short>"))
  }

  @Test func sourcesAreEscapedAndLinked() {
    let page = page(evidence())
    #expect(page.contains("bundle42&lt;&amp;&gt;") && !page.contains("bundle42<"))
    // Every link on the page has its target.
    let targets = page.matches(of: /id="([^"]+)"/).map { String($0.1) }
    for link in page.matches(of: /href="#([^"]+)"/) {
      #expect(targets.contains(String(link.1)), "\(link.1)")
    }
    #expect(Set(targets).count == targets.count)
  }

  @Test func whatWasCheckedIsSaidWhereOursIsOutside() {
    // T_grok of 1800 gives a delay of 1000, which is inside, and T_mem of 800 is within 5 % of 840.
    let inside = page(evidence())
    #expect(!inside.contains("Ten seeds are few") && !inside.contains("Logged at 800"))
    #expect(inside.contains("A note of the claim.") && inside.contains("V_post: What is left."))
    let outside = page(evidence(grokking: 4000))
    #expect(outside.contains("mean delay | A: Ten seeds are few."))
    #expect(outside.contains("not reproduced</span>"))
  }

  @Test func changesArePrinted() {
    let change = "2026-11-20, claim 1: band: 10 % → 15 %. Repeats differ."
    #expect(page(evidence()).contains("<li>\(change)"))
    #expect(table(evidence()).markdown.contains("- \(change)\n"))
    #expect(table(evidence()).textLines.contains("    " + change))
  }

  @Test func eachKindOfSeriesIsDrawn() throws {
    let figures = ClaimsDrawing(Self.file, runs: evidence(), released: nil).all
    #expect(figures.map(\.title) == ["Norms", "Delays"])
    #expect(figures[0].series.map(\.name).filter { $0 == "V" }.count == 5)
    let names = figures[1].series.map(\.name)
    #expect(names.contains("straight: slope 1, R² 1"))
    #expect(names.contains("power: exponent 2.00, s.e. 0.00"))
    #expect(names.contains("means") && names.contains("equal"))
    // All runs were observed to the end, so no median has a bar.
    #expect(!names.contains("medians"))
    let page = page(evidence())
    #expect(page.contains("<h2>Figures</h2>") && page.contains("What falls"))
  }

  @Test func withoutRunsThereIsAPageWithoutFigures() {
    let page = page(Evidence([:]))
    #expect(page.contains("<b>2</b> not tested") && page.contains("<b>1</b> not testable"))
    #expect(!page.contains("<svg"))
    #expect(page.contains("None of the runs is among the bundles given."))
  }

  // MARK: Other forms

  @Test func theTableInMarkdownHasARowForEachClaim() {
    let lines = table(evidence()).markdown.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines[0]
        == "|  | claim | decided by | published | recomputed | ours, 95 % interval | n | band "
        + "| verdict |"
    )
    #expect(
      lines[2]
        == "| 1 | The delay is &lt;short> | mean delay \\| A | 1.0e3 | 990 | 1000, 1000 to 1000 "
        + "| 5 | ± 15 % of 1000 | reproduced |"
    )
    #expect(
      lines[3]
        == "| 4 | All of them grok | share |  |  | 1, 0.5655 to 1 | 5 | at least 0.9 "
        + "| undetermined at n = 5; n = 35 would decide, 121 000 steps more |"
    )
    #expect(lines[4] == "| 9 | Nobody knows |  |  |  |  |  |  | not testable |")
    #expect(lines[6] == "1 reproduced, 1 undetermined, 1 not testable.")
    #expect(lines[8] == "0 of 5 runs were sealed with the digest of this file of claims.")
  }

  /// Of several headlines that are open, the one that takes the most is shown.
  @Test func theRowOfAClaimIsItsFurthestHeadline() throws {
    func row(_ bounds: [String]) throws -> [Substring] {
      let headlines = bounds.enumerated().map { place, bound in
        "      - {name: share \(place), runs: A, share: has(t_grok), "
          + "band: {at_least: \(bound), source: ours}}\n"
      }
      let file = try ClaimsFile(
        yaml: "title: t\nexperiments: {A: {plan: p.yaml, experiment: A}}\nclaims:\n"
          + "  - says: s\n    headline:\n" + headlines.joined(), file: "c.yaml"
      ) { _ throws(AnalysisError) in
        Array("preset: modular-addition\nexperiments: [{name: A, seeds: 42..46}]\n".utf8)
      }
      let table = ClaimsTable(file, runs: evidence(), released: nil)
      return table.markdown.split(separator: "\n")[2].split(separator: " | ").suffix(5)
    }
    let far = "undetermined at n = 5; n = 381 would decide, 1.6 million steps more"
    for bounds in [["0.5", "0.9", "0.99"], ["0.99", "0.9", "0.5"]] {
      let row = try row(bounds)
      #expect(row.first == (bounds[0] == "0.99" ? "share 0" : "share 2"))
      #expect(row.last == "\(far); 1 more of its numbers is open |")
    }
    #expect(try row(["0.99", "0.9", "0.9"]).last == "\(far); 2 more of its numbers are open |")
    #expect(
      try row(["0.9", "0.9999"]).last
        == "undetermined at n = 5; more than 1000 would decide; 1 more of its numbers is open |")
    // One that fails decides, whatever is open.
    #expect(try row(["0.9", "2"]).last == "not reproduced |")
  }

  @Test func anAnswerOfTenLinesSaysHowAVerdictCameAbout() throws {
    #expect(
      table(evidence()).explanation(of: 4) == [
        "4. All of them grok",
        "verdict: undetermined at n = 5; n = 35 would decide, 121 000 steps more",
        "headline: share", "  band  at least 0.9; source: ours",
        "  ours  1, n = 5, 95 % from 0.5655 to 1 by Wilson",
        "  so    undetermined; n = 35 would decide, 121 000 steps more",
      ])
    #expect(
      table(evidence()).explanation(of: 9) == [
        "9. Nobody knows", "verdict: not testable", "not testable: it was chosen",
      ])
    let first = try #require(table(evidence()).explanation(of: 1))
    #expect(
      first.count <= 10
        && first.last == "changed: 2026-11-20, claim 1: band: 10 % → 15 %. Repeats differ.")
    #expect(table(evidence()).explanation(of: 2) == nil)
  }

  @Test func theHeadlineIsAPictureOfItsOwn() {
    let svg = Headline(table: table(evidence()), runs: evidence()).svg
    #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
    #expect(svg.matches(of: /<rect class="\w+" x="\d+" y="32"/).count == 3)
    #expect(!svg.contains("<script") && !svg.contains("<a "))
    #expect(svg.contains(">Norms</text>") && !svg.contains(">Delays</text>"))
  }

  @Test func runsAreNamedByWhatDiffersAmongThem() {
    let runs = evidence().runs(of: ["A"])
    #expect(RunNames(runs).name(runs[0]) == "seed 42")
    var other = runs[0]
    other.config["optimizer.weight_decay"] = .number(0.1)
    #expect(RunNames(runs + [other]).name(other) == "weight_decay 0.1, seed 42")
    // What most of them have goes without saying.
    #expect(RunNames(runs + [other]).name(runs[1]) == "seed 43")
    #expect(RunNames([runs[0], other]).name(runs[0]) == "weight_decay 1")
  }

  // MARK: The paper's

  @Test func thePapersReportHasThirtyClaims() {
    let table = ClaimsTable(try! paper, runs: Evidence([:]), released: nil)
    #expect(table.markdown.split(separator: "\n").count { $0.hasPrefix("| ") } == 32)
    let svg = Headline(table: table, runs: Evidence([:])).svg
    #expect(svg.matches(of: /<rect class="\w+" x="\d+" y="32"/).count == 30)
  }

  private var paper: ClaimsFile {
    get throws {
      let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path
      return try ClaimsFile(path: root + "/bundles/paper/claims.yaml")
    }
  }

  @Test func pointsLieWhereTheAxesSay() throws {
    let figure = Figure(
      title: "t", caption: "", xName: "x", yName: "y", xScale: .logarithmic, yScale: .linear,
      series: [
        .init(
          name: "s", color: .color(0), form: .points,
          points: [
            .init(x: 1, y: 0, title: "a"), .init(x: 10, y: 5, title: "b"),
            .init(x: 100, y: 10, title: "c"), .init(x: -1, y: 5, title: "not on a log axis"),
          ])
      ])
    let html = figure.html(mostValues: 10)
    let centers = html.matches(of: /cx="([0-9.]+)" cy="([0-9.]+)"/)
      .map { (Double($0.1)!, Double($0.2)!) }
    #expect(centers.count == 3)
    // The middle of two decades is the middle of the axis, here from 104 to 628 by 14 to 352.
    #expect((centers[1].0 - 366).magnitude < 0.11)
    #expect(centers[0].0 < centers[1].0 && centers[0].1 > centers[1].1)
    #expect(html.contains(">10</text>") && html.contains(">100</text>"))
  }

  @Test(arguments: [(Axis.Scale.linear, 3), (.steps, 2), (.logarithmic, 1)])
  func marksBeyondThePointsHaveTheirPlace(scale: Axis.Scale, count: Int) throws {
    let figure = Figure(
      title: "t", caption: "", xName: "x", yName: "y", xScale: scale, yScale: .linear,
      series: [
        .init(
          name: "s", color: .color(0), form: .points,
          points: [.init(x: 1, y: 0, title: "a"), .init(x: 100, y: 10, title: "b")])
      ], marks: [1e4, 0, -300].map { .init(x: $0, label: "m", color: .color(6)) })
    let marks = figure.html(mostValues: 10).matches(of: /"mark s6" d="M([0-9.]+)\ /)
      .map { Double($0.1)! }
    // Where there is no place for what is not positive, it has no mark.
    #expect(marks.count == count)
    #expect(marks == marks.sorted() && Set(marks).count == count)
    let (x, _) = figure.axes(of: figure.drawn)
    #expect(x.place(100) < 0.99 && x.place(1e4) > x.place(100))
  }
}
