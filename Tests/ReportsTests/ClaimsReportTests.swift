import Foundation
import RunRecords
import Testing

@testable import Analysis
@testable import Reports

@Suite struct ClaimsReportTests {
  /// Five seeds of the base cell, memorised at 800 and grokked at 1800.
  private var evidence: Evidence {
    let runs = (UInt64(42)...46).map { seed in
      var spec = Preset.modularAddition.spec
      spec.seed = seed
      var trace = Trace()
      for step in stride(from: 0, through: 4000, by: 200) {
        trace.metrics.append(
          MetricsRow(
            step: step, trainLoss: 1, trainAccuracy: step >= 800 ? 1 : 0, validationLoss: 1,
            validationAccuracy: step >= 1800 ? 1 : 0,
            squaredNorm: 250 + 13_000 * exp(-1.4e-3 * Double(step))))
      }
      return Observation(of: spec, trace: trace, viewedAs: spec, source: "bundle\(seed)<&>")!
    }
    return Evidence([.contraction: runs, .modulusSweep: runs])
  }

  private func page(_ evidence: Evidence) -> String {
    let table = ClaimsTable(runs: evidence, released: nil)
    return ClaimsReport(table: table, runs: evidence, released: nil).html
  }

  @Test func thePageNeedsNothingElseAndIsTheSameEachTime() {
    let page = page(evidence)
    #expect(page == self.page(evidence))
    for outside in ["http:", "https:", "<script", "url(", "@import"] {
      #expect(!page.contains(outside))
    }
    for broken in ["nan", "inf"] {
      #expect(!page.contains(" \(broken)") && !page.contains("\"\(broken)"))
    }
  }

  @Test func sourcesAreEscapedAndLinked() {
    let page = page(evidence)
    #expect(page.contains("bundle42&lt;&amp;&gt;") && !page.contains("bundle42<"))
    // Every link on the page has its target.
    let targets = page.matches(of: /id="([^"]+)"/).map { String($0.1) }
    for link in page.matches(of: /href="#([^"]+)"/) {
      #expect(targets.contains(String(link.1)), "\(link.1)")
    }
    #expect(Set(targets).count == targets.count)
  }

  @Test func whatIsOutsideItsBandIsExplained() throws {
    // T_grok of 4000 steps is outside the band of claim 5's mean delay.
    let runs = evidence[.contraction].map { run in
      var run = run
      run.grokkingStep = 4000
      return run
    }
    var ten = runs
    for run in runs {
      var other = run
      other.source += "b"
      ten.append(other)
    }
    let text = page(Evidence([.contraction: ten]))
    #expect(text.contains("mean delay in S1 (outside): Ten seeds are few"))
    #expect(!page(evidence).contains("Ten seeds are few"))
  }

  @Test func theHeadlineIsAPictureOfItsOwn() {
    let table = ClaimsTable(runs: evidence, released: nil)
    let svg = Headline(table: table, runs: evidence).svg
    #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
    #expect(svg.matches(of: /<rect class="\w+" x="\d+" y="32"/).count == 30)
    #expect(!svg.contains("<script") && !svg.contains("<a "))
  }

  @Test func withoutRunsThereIsAPageWithoutFigures() {
    let page = page(Evidence([:]))
    #expect(page.contains("<b>30</b> not tested") && !page.contains("<svg"))
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
    let centers = figure.html.matches(of: /cx="([0-9.]+)" cy="([0-9.]+)"/)
      .map { (Double($0.1)!, Double($0.2)!) }
    #expect(centers.count == 3)
    // The middle of a decade pair is the middle of the axis, here from 104 to 628 by 14 to 352.
    #expect((centers[1].0 - 366).magnitude < 0.11)
    #expect(centers[0].0 < centers[1].0 && centers[0].1 > centers[1].1)
    #expect(figure.html.contains(">10</text>") && figure.html.contains(">100</text>"))
  }
}
