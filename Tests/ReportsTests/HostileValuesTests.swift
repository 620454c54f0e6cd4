import Analysis
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

/// A bundle may come from an attacker. Whatever finite values its rows hold, they are drawn inside
/// the picture.
@Suite struct HostileValuesTests {
  /// Values that break arithmetic: the ends of the range, values that overflow when they are
  /// squared or subtracted, and both zeros.
  private static let values: [Double] = [
    0, -0.0, 1, .leastNonzeroMagnitude, 0x1p-1024, 1e-10, 0.5.nextUp, 1e6, 1e20, 1e154, 1e307,
    .greatestFiniteMagnitude, -1, -1e6, -1e20, -.greatestFiniteMagnitude, -.leastNonzeroMagnitude,
    0x1p53, 0x1p63,
  ]

  private static func run(
    _ rows: [MetricsRow], path: String = "a", key: Double = 1, seed: UInt64 = 42,
    stop: Outcome.StopReason = .maxSteps
  ) -> RecordedRun {
    var spec = Preset.tiny.spec
    (spec.seed, spec.logInterval, spec.maxSteps) = (seed, 1, 10_000)
    if case .adamW(var adamW) = spec.optimizer {
      adamW.weightDecay = key
      spec.optimizer = .adamW(adamW)
    }
    let digest = Digest(of: Array(path.utf8))
    let trace = Trace(
      metrics: rows,
      hashes: rows.map { HashRow(step: $0.step, parameters: digest, optimizer: digest) })
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: rows.first?.squaredNorm ?? 0,
      lastStep: rows.last?.step ?? -1, stopReason: stop)
    return RecordedRun(
      path: path, identities: .init(bundle: digest, result: digest), config: spec.canonicalJSON,
      trace: trace, outcome: outcome.json, environment: nil, checkpoints: [],
      readCheckpoint: { _ in [] })
  }

  /// Rows with these values; each column begins at another one.
  private static func rows(_ values: [Double], steps: [Int]) -> [MetricsRow] {
    steps.enumerated().map { place, step in
      func value(_ column: Int) -> Double { values[(place + 5 * column) % values.count] }
      return MetricsRow(
        step: step, trainLoss: value(0), trainAccuracy: value(1), validationLoss: value(2),
        validationAccuracy: value(3), squaredNorm: value(4))
    }
  }

  /// Draws and prints everything that there is on runs.
  private func render(_ runs: [RecordedRun]) throws {
    for run in runs {
      let summary = RunSummary(run)
      _ = (summary.factLines, summary.json.utf8)
      for (isUnicode, width) in [(true, 40), (false, 80), (true, 300)] {
        let style = TerminalPlot.Style(width: width, isUnicode: isUnicode, isColored: false)
        for line in summary.plots(style) { #expect(line.count <= width, "\(line)") }
      }
    }
    try expectDrawn(#require(RunsReport(runs.map(OpenedRun.trainer))).html)
    if runs.count > 1 {
      let diff = try RunDiff(runs[0], runs[1])
      _ = (diff.textLines, diff.json.utf8)
      expectDrawn(DiffReport(diff, of: runs[0], and: runs[1]).html)
    }
  }

  /// Each curve consists of numbers only, and begins inside its picture of 640 by 420.
  private func expectDrawn(_ page: String) {
    var isWithin = true
    for path in page.matches(of: /\sd="M([^"]*)"/) {
      let data = path.1
      isWithin = isWithin && data.allSatisfy { "0123456789.- lhVH".contains($0) }
      let start = data.prefix { !$0.isLetter }.split(separator: " ").compactMap { Double($0) }
      isWithin = isWithin && start.count == 2 && (0...640).contains(start[0])
      isWithin = isWithin && (0...420).contains(start[1])
      #expect(isWithin, "\(data.prefix(200))")
      if !isWithin { return }
    }
    for circle in page.matches(of: /cx="([^"]*)" cy="([^"]*)"/) {
      let (x, y) = (Double(circle.1) ?? .nan, Double(circle.2) ?? .nan)
      #expect((0...640).contains(x) && (0...420).contains(y))
    }
  }

  @Test(arguments: values)
  func anyValueIsDrawnAloneAndBesideEachOther(value: Double) throws {
    let rows = Self.rows([value], steps: [0])
    try render([Self.run(rows), Self.run(rows + Self.rows([1], steps: [3]), path: "b")])
    for other in Self.values {
      try render([Self.run(Self.rows([value, other], steps: [0, 1, 2, 3, 40]))])
    }
  }

  @Test(arguments: [
    [], [0], [0, 1], [0, 1 << 53, 1 << 53 + 1], [1 << 53, 1 << 53 + 1],
    [0, .max - 1, .max], [.max], [0, 1 << 31],
  ])
  func anyStepsAreDrawn(steps: [Int]) throws {
    let rows = Self.rows([0.5, 1], steps: steps)
    try render([Self.run(rows), Self.run(rows.dropLast(), path: "b")])
  }

  /// Over all finite numbers; very large and very small exponents are as likely as others.
  @Test func randomValuesAreDrawn() throws {
    var random = SplitMix64(state: 13)
    func value() -> Double {
      while true {
        let value = Double(bitPattern: random.next())
        if value.isFinite { return value }
      }
    }
    for _ in 0..<60 {
      let count = Int.random(in: 0..<30, using: &random)
      let steps = (0..<count).map { $0 * Int.random(in: 1...1000, using: &random) }
      let runs = (0..<(count % 9 + 1)).map { place in
        Self.run(
          Self.rows((0..<7).map { _ in value() }, steps: Set(steps).sorted()), path: "\(place)",
          key: value().magnitude, stop: [.maxSteps, .grokked, .diverged][place % 3])
      }
      try render(runs)
    }
  }

  @Test func manyRowsMakeASmallPage() throws {
    let rows = Self.rows(Self.values + [0.25, 3, 17], steps: Array(0..<20_000))
    let runs = [
      Self.run(rows),
      Self.run(
        rows.reversed().enumerated().map { step, row in
          var row = row
          row.step = step
          return row
        }, path: "b"),
    ]
    let page = try #require(RunsReport(runs.map(OpenedRun.trainer))).html
    expectDrawn(page)
    #expect(page.utf8.count < 750_000)
    expectDrawn(DiffReport(try RunDiff(runs[0], runs[1]), of: runs[0], and: runs[1]).html)
    let style = TerminalPlot.Style(isUnicode: true, isColored: true)
    #expect(RunSummary(runs[0]).plots(style).count < 30)
  }

  @Test(arguments: ["", "\u{1B}[2J\u{202E}\n", "é", "<&\"'>"])
  func hugeNamesStayTextOfThePage(letter: String) throws {
    let path = String(repeating: letter + "x", count: 100_000)
    let rows = Self.rows([0.5], steps: [0, 1])
    let runs = [Self.run(rows, path: path), Self.run(rows, path: path + "y", key: 2)]
    try render(runs)
    let page = try #require(RunsReport(runs.map(OpenedRun.trainer))).html
      .replacing(/<script.*?>(?s).*?<\/script>/, with: "")
    #expect(!page.contains(letter + "x\"") && !page.contains("'>x"))
  }

  /// The norm is about 10^308 at memorisation and tiny at the end, so their ratio and the delay are
  /// not finite.
  @Test func forecastsFromExtremeNormsAreSaid() throws {
    var rows = Self.rows([1], steps: Array(0..<25))
    rows[0].squaredNorm = .greatestFiniteMagnitude
    for index in rows.indices.dropFirst() { rows[index].squaredNorm = .leastNonzeroMagnitude }
    for index in rows.indices { rows[index].validationAccuracy = index < 3 ? 0 : 1 }
    let runs = [Self.run(rows), Self.run(rows, path: "b", seed: 7)]
    let forecast = try DelayForecast(of: runs[0], calibratedOn: [runs[1]])
    #expect(forecast.lines.contains { $0.delay.map { !$0.isFinite } ?? false })
    #expect(!forecast.textLines.isEmpty && forecast.json.text.contains("null"))
  }

  @Test(arguments: values)
  func durationsAndTimesAreSaid(seconds: Double) {
    #expect(!Figures.duration(seconds: seconds).isEmpty && !Figures.time(left: seconds).isEmpty)
  }
}
