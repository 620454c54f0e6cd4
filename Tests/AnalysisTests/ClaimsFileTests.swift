import Foundation
import RunRecords
import TestSupport
import Testing

@testable import Analysis

@Suite struct ClaimsFileTests {
  private static let plan = """
    preset: tiny
    experiments:
      - {name: A, seeds: 1..5}
      - {name: B, grid: {batch: [8, 16]}, seeds: 1..3}
    """

  private func read(_ text: String) throws(ClaimsFile.ReadingFailure) -> ClaimsFile {
    try ClaimsFile(yaml: text, file: "c.yaml") { (name) throws(AnalysisError) in
      guard name == "plan.yaml" else { throw .unreadable(path: name, reason: "No such file") }
      return Array(Self.plan.utf8)
    }
  }

  private func mistake(_ text: String) -> String? {
    do throws(ClaimsFile.ReadingFailure) {
      _ = try read(text)
      return nil
    } catch {
      switch error {
      case .claims(let error): return "\(error)"
      case .file(let error): return "file: \(error)"
      }
    }
  }

  // MARK: What can be said

  @Test func everyKeyHasItsMeaning() throws {
    let file = try read(
      """
      title: Title
      source: a journal
      about: >-
        what it
        is about
      runs: [., ../more]
      define: {delay: t_grok - t_mem, λ: optimizer.weight_decay}
      experiments:
        A: {plan: plan.yaml, experiment: A}
        B: {plan: plan.yaml, experiment: B, seeds: any, least: 7, spectra: low}
        mine: {where: task.modulus == 97, least: 3, spectra: full}
        both: [A, mine]
      claims:
        - id: 7
          says: It holds
          headline:
            name: mean delay
            runs: both
            where: λ > 0.5
            mean: delay
            paper: 1.0e3
            released: 990
            band: {within: 15 %, source: authors' repeats; more words}
            scale: logarithmic
            note: what was checked
          published:
            - {name: grokked, runs: A, count: has(t_grok), band: \
      {exactly: 5, source: printed spread}}
            - {name: of, runs: [A, B], mean: delay, band: {within: 30, of: 900, source: ours}}
          beside: {name: "p = {p}", each: {p: [53, "67"]}, runs: mine, \
      where: "task.modulus == {p}", mean: delay}
          notes: [one, two]
        - says: It cannot be known
          not_testable: nobody counted
      changes:
        - {date: 2026-11-20, claim: [7, 2], what: band, before: 10 %, after: 15 %, reason: repeats}
        - {date: 2026-11-21, what: all, reason: strictness}
      """)
    #expect((file.title, file.source, file.about) == ("Title", "a journal", "what it is about"))
    #expect(file.folders == [".", "../more"])
    #expect(file.experiments.map(\.name) == ["A", "B", "mine"])
    #expect(file.experiments.map(\.leastSeeds) == [1, 7, 3])
    guard case .cells(let cells, _, true) = file.experiments[1].source else {
      Issue.record("any seed counts")
      return
    }
    // Two cells, one per batch size; seeds do not count.
    #expect(cells.map(\.batch) == [8, 16])
    #expect(file.claims.map(\.id) == [2, 7])
    #expect(file.claims[0].untestableReason == "nobody counted")
    let claim = file.claims[1]
    #expect(claim.statement == "It holds" && claim.notes == ["one", "two"])
    let headline = claim.headlines[0]
    #expect(headline.experiments == ["A", "mine"] && headline.place == "c.yaml:17")
    #expect(headline.published == .init("1.0e3") && headline.published?.text == "1.0e3")
    #expect(headline.released?.value == 990 && headline.note == "what was checked")
    #expect(try #require(headline.band).edges == (850, 1150))
    #expect(headline.band?.source == "authors' repeats; more words" && headline.isLogarithmic)
    #expect(try #require(claim.secondaries[1].band).edges == (870, 930))
    #expect(claim.beside.map(\.name) == ["p = 53", "p = 67"])
    #expect(file.changes.map(\.claims) == [[7, 2], []])
    #expect(file.changes[0].after == "15 %")
  }

  @Test(
    arguments: [
      ("{within: 0.1, source: ours}", 0.9, 1.1), ("{within: 10 %, source: ours}", 0.9, 1.1),
      ("{within: 10%, source: ours}", 0.9, 1.1), ("{within: 1, of: 3, source: ours}", 2, 4),
      ("{from: -1, to: 2.5, source: ours}", -1, 2.5), ("{at_least: 2, source: ours}", 2, nil),
      ("{at_most: 2, source: ours}", nil, 2), ("{above: 2, source: ours}", 2, nil),
      ("{below: 2, source: ours}", nil, 2), ("{exactly: 2, source: ours}", 2, 2),
    ] as [(String, Double?, Double?)])
  func bandsAreWrittenInSevenWays(band: String, low: Double?, high: Double?) throws {
    let file = try read(
      Self.file(
        """
        says: s
            not_testable: r
            published: {name: q, runs: A, mean: seed, paper: 1.0, band: \(band)}
        """
      ))
    let edges = file.claims[0].secondaries[0].band?.edges
    #expect(edges?.low == low && edges?.high == high)
  }

  private static func file(_ claim: String, _ rest: String = "") -> String {
    """
    title: t
    experiments: {A: {plan: plan.yaml, experiment: A}}
    claims:
      - \(claim)
    \(rest)
    """
  }

  // MARK: Mistakes

  private static let headline =
    "headline: {name: q, runs: A, mean: seed, band: {above: 1, source: ours}}"

  @Test(
    arguments: [
      ("", "c.yaml: a file of claims has claims, and this is empty"),
      ("title: t\n", "c.yaml:1: experiments: is missing"),
      ("experiments: {}\n", "c.yaml:1: title: is missing"),
      (
        "title: t\nexperiment: {}\n",
        """
        c.yaml:2: experiment: unknown key; known: title, source, about, runs, define, \
        experiments, claims, figures, changes, published; did you mean experiments?
        """
      ),
      (
        "title: t\nruns: /data\nexperiments: {}\n",
        "c.yaml:2: runs: must be relative to the directory of runs, not /data"
      ),
      ("title: t\nexperiments: {}\n", "c.yaml:1: claims: is missing"),
      (
        "title: t\nexperiments: {}\nclaims: []\n",
        "c.yaml:3: claims: must be a list that is not empty"
      ),
      (
        "title: t\ndefine: {a: 1 +}\nexperiments: {}\n",
        "c.yaml:2: define.a: it ends where a value is expected"
      ),
      (
        "title: t\ndefine: {a: b, b: a}\nexperiments: {}\n",
        "c.yaml:2: define.a: a is defined by itself: a → b → a"
      ),
      (
        "title: t\ndefine: {seed: 1}\nexperiments: {}\n",
        "c.yaml:2: define.seed: has a meaning already"
      ),
      (
        "title: t\ndefine: {and: 1}\nexperiments: {}\n",
        "c.yaml:2: define.and: is no name that an expression can have"
      ),
      (
        "title: t\ndefine: {a: [1]}\nexperiments: {}\n", "c.yaml:2: define.a: must be an expression"
      ),
      ("title: t\nabout: &x y\n", "c.yaml:2: about: anchors and aliases are not allowed"),
      ("title: *x\n", "c.yaml:1: title: anchors and aliases are not allowed"),
      ("title: t\ntitle: u\n", "c.yaml:2: title: this key is given twice"),
      (
        "title: !!str t\n",
        "c.yaml:1: title: tags are not allowed, and it has tag:yaml.org,2002:str"
      ),
      (
        "title: t\nabout: " + String(repeating: "[", count: 20) + String(repeating: "]", count: 20),
        "c.yaml:2: about: lists and mappings lie more than 16 deep in each other"
      ),
    ] as [(String, String)])
  func aMistakeInTheFileIsToldWithItsPlace(text: String, sentence: String) {
    #expect(mistake(text) == sentence)
  }

  @Test(
    arguments: [
      ("A: {plan: none.yaml, experiment: A}", "experiments.A.plan: none.yaml: No such file"),
      (
        "A: {plan: plan.yaml, experiment: a1}",
        "experiments.A.experiment: plan.yaml has no experiment a1"
      ),
      ("A: {plan: plan.yaml}", "experiments.A.experiment: is missing"),
      ("A: {experiment: A}", "experiments.A.plan: is missing"),
      (
        "A: {plan: plan.yaml, experiment: A, seeds: 3}",
        "experiments.A.seeds: can only be any, not 3"
      ),
      (
        "A: {plan: plan.yaml, experiment: A, least: 3}",
        "experiments.A.least: goes with seeds: any, or with where"
      ),
      (
        "A: {plan: plan.yaml, where: seed > 1}",
        "experiments.A.plan: cannot be given together with where"
      ),
      ("A: {where: seed}", nil),
      (
        "A: {where: seed + 1}",
        "experiments.A.where: \"seed + 1\": it must be a condition, as t_grok > 1000"
      ),
      (
        "A: {where: step > 1}",
        """
        experiments.A.where: "step > 1": a column of rows or spectra stands in first, last, \
        least, most or average
        """
      ),
      (
        "A: {where: seed > 1, least: 0}", "experiments.A.least: must be an integer from 1 to 100000"
      ),
      (
        "A: {where: seed > 1, spectra: high}",
        "experiments.A.spectra: must be one of low, full, not high"
      ),
      ("A: [B]", "experiments.A: there is no experiment B above"),
      ("{A: {where: seed > 1}, B: [A, A]}", "experiments.B: has A twice"),
      (
        "A: {seed: 1}",
        """
        experiments.A.seed: unknown key; known: plan, experiment, where, seeds, least, spectra; \
        did you mean seeds?
        """
      ),
    ] as [(String, String?)])
  func aMistakeInAnExperimentIsToldWithItsPlace(experiment: String, sentence: String?) {
    let list = experiment.hasPrefix("{") ? experiment : "{\(experiment)}"
    let found = mistake("title: t\nexperiments: \(list)\nclaims: [{says: s, not_testable: r}]\n")
    #expect(found == sentence.map { "c.yaml:2: " + $0 })
  }

  @Test(
    arguments: [
      ("says: s", "c.yaml:4: claims.headline: is missing"),
      ("not_testable: r", "c.yaml:4: claims.says: is missing"),
      (
        "says: s\n    not_testable: r\n    \(headline)",
        "c.yaml:6: claims.headline: cannot be given together with not_testable"
      ),
      (
        "says: s\n    id: 0\n    \(headline)",
        "c.yaml:5: claims.id: must be an integer from 1 to 9999"
      ),
      (
        "says: s\n    healdine: 1",
        """
        c.yaml:5: claims.healdine: unknown key; known: id, says, headline, published, beside, \
        not_testable, notes; did you mean headline?
        """
      ),
      (
        "says: s\n    \(headline)\n  - says: u\n    id: 1\n    \(headline)",
        "c.yaml:6: claims.id: two claims have the number 1"
      ),
      (
        "says: s\n    \(headline)\n    beside: {name: q, runs: A, mean: seed}",
        "c.yaml:6: claims.beside: q is the name of two quantities of this claim"
      ),
    ] as [(String, String)])
  func aMistakeInAClaimIsToldWithItsPlace(claim: String, sentence: String) {
    #expect(mistake(Self.file(claim)) == sentence)
  }

  /// The quantity stands as a claim's headline.
  @Test(
    arguments: [
      ("name: q, runs: A, mean: seed", "headline: q needs a band"),
      (
        "name: q, runs: A, count: seed > 1, band: {at_least: 1, source: ours}",
        "headline: q is decided by its interval, and this has none; take a share for a count"
      ),
      (
        "name: q, runs: A, max: seed, band: {at_least: 1, source: ours}",
        "headline: q is decided by its interval, and this has none; take a share for a count"
      ),
      (
        "name: q, runs: A, mean: seed, band: {exactly: 1, source: ours}",
        "headline: q is decided by its interval, and this has none; take a share for a count"
      ),
      ("runs: A, mean: seed", "headline.name: is missing"),
      ("name: q, mean: seed", "headline.runs: is missing"),
      ("name: q, runs: B, mean: seed", "headline.runs: there is no experiment B; did you mean A?"),
      ("name: q, runs: [A, A], mean: seed", "headline.runs: has A twice"),
      ("name: q, runs: A, means: seed", "UNKNOWN means; did you mean mean?"),
      (
        "name: q, runs: A, mean: seed, median: seed",
        "headline.median: a quantity has one statistic, and this has mean and median"
      ),
      (
        "name: q, runs: A, mean: sed", "headline.mean: \"sed\": there is no sed; did you mean seed?"
      ),
      (
        "name: q, runs: A, mean: seed > 1",
        "headline.mean: \"seed > 1\": it must have a number as its value"
      ),
      (
        "name: q, runs: A, share: seed + 1",
        "headline.share: \"seed + 1\": it must be a condition, as t_grok > 1000"
      ),
      (
        "name: q, runs: A, mean: squared_norm",
        """
        headline.mean: "squared_norm": a column of rows or spectra stands in first, last, least, \
        most or average
        """
      ),
      ("name: q, runs: A, mean: seed, by: seed", "headline.then: is missing"),
      ("name: q, runs: A, mean: seed, then: range", "headline.then: goes with by"),
      (
        "name: q, runs: A, mean: seed, by: seed, then: sum",
        """
        headline.then: must be one of range, relative_range, ratio, min, max, mean, variation, \
        exponent, slope, correlation, r_squared, not sum
        """
      ),
      (
        "name: q, runs: A, mean: seed, scale: log",
        "headline.scale: must be linear or logarithmic, not log"
      ),
      (
        "name: q, runs: A, mean: seed, paper: many",
        "headline.paper: must be a number as it is printed, not many"
      ),
      (
        "name: q, runs: A, mean: seed, paper: nan",
        "headline.paper: must be a number as it is printed, not nan"
      ),
      (
        "name: q, runs: A, mean: seed, paper: 1e999",
        "headline.paper: must be a number as it is printed, not 1e999"
      ),
      ("name: q, runs: A, slope: {x: seed}", "PLACE slope.y: is missing"),
      (
        "name: q, runs: A, slope: seed",
        "PLACE slope: must be a mapping of keys: x, y, between, within"
      ),
      (
        "name: q, runs: A, slope: {x: seed, y: seed, between: seed, within: seed}",
        "PLACE slope.within: cannot be given together with between"
      ),
      (
        "name: q, runs: A, gap_regression: {give: bend}",
        """
        PLACE gap_regression.give: must be one of slope, intercept, r_squared, points, bins, \
        least_gap, ransac_least, ransac_median, ransac_most, not bend
        """
      ),
      ("name: q, runs: A, mean: seed, join: {runs: A}", "PLACE join.by: is missing"),
      ("name: q, runs: A, mean: seed, band: {above: 1}", "PLACE band.source: is missing"),
      (
        "name: q, runs: A, mean: seed, band: {above: 1, source: mine; or not}",
        """
        PLACE band.source: must begin with authors' repeats, printed spread, sentence, ours, \
        before a semicolon, not mine
        """
      ),
      (
        "name: q, runs: A, mean: seed, paper: 0x10",
        "headline.paper: must be a number as it is printed, not 0x10"
      ),
      (
        "name: q, runs: A, mean: seed, paper: 1e-400",
        "headline.paper: must be a number as it is printed, not 1e-400"
      ),
      (
        "name: q, runs: A, mean: joined(seed)",
        """
        headline.mean: "joined(seed)": joined stands in the statistic or in by of a quantity that \
        has join
        """
      ),
      (
        "name: q, runs: A, mean: seed, where: joined(seed) > 1, join: {runs: A, by: seed}",
        """
        headline.where: "joined(seed) > 1": joined stands in the statistic or in by of a quantity \
        that has join
        """
      ),
      (
        "name: q, runs: A, mean: seed, band: {source: ours}",
        "headline.band: has one of within, from, at_least, at_most, above, below, exactly"
      ),
      (
        "name: q, runs: A, mean: seed, band: {above: 1, below: 3, source: ours}",
        "headline.band: has one of within, from, at_least, at_most, above, below, exactly"
      ),
      (
        "name: q, runs: A, mean: seed, band: {within: 15 %, source: ours}",
        "PLACE band.within: is around paper, or around of, and neither is there"
      ),
      (
        "name: q, runs: A, mean: seed, paper: 1, band: {within: wide, source: ours}",
        "PLACE band.within: must be a number above 0, or a share as 15 %"
      ),
      (
        "name: q, runs: A, mean: seed, paper: 1, band: {within: -1, source: ours}",
        "PLACE band.within: must be a number above 0, or a share as 15 %"
      ),
      (
        "name: q, runs: A, mean: seed, band: {above: .inf, source: ours}",
        "PLACE band.above: must be a number, not .inf"
      ),
      (
        "name: q, runs: A, mean: seed, band: {above: inf, source: ours}",
        "PLACE band.above: must be a number, not inf"
      ),
      (
        "name: q, runs: A, mean: seed, band: {from: 2, to: 1, source: ours}",
        "PLACE band.to: must be above from"
      ),
      ("name: q, runs: A, mean: seed, band: {from: 2, source: ours}", "PLACE band.to: is missing"),
      (
        "name: q, runs: A, mean: seed, band: {above: 2, to: 3, source: ours}",
        "PLACE band.to: does not go with above"
      ),
      (
        "name: '{p}', runs: A, mean: seed, each: {p: [1, 2], q: [1]}",
        "headline.each: p has 2 values and q 1"
      ),
      (
        "name: '{p}', runs: A, mean: seed, each: {p: 1}",
        "headline.each: p must be a list of 1 to 200 values"
      ),
      (
        "name: '{p}', runs: A, mean: seed, each: {p: [[1]]}",
        "headline.each: p has a value that is no text"
      ),
      (
        "name: '{p}', runs: A, mean: seed, each: [1]",
        "headline.each: must be a mapping of names to lists"
      ),
    ] as [(String, String)])
  func aMistakeInAQuantityIsToldWithItsPlace(quantity: String, sentence: String) throws {
    let found = try #require(mistake(Self.file("says: s\n    headline: {\(quantity)}")))
    if sentence.hasPrefix("UNKNOWN ") {
      #expect(
        found.hasPrefix("c.yaml:5: claims.headline.means: unknown key; known: name, runs, "))
      #expect(found.hasSuffix("; did you mean mean?"))
    } else if sentence.hasPrefix("PLACE ") {
      #expect(found == "c.yaml:5: " + sentence.dropFirst(6))
    } else {
      #expect(found == "c.yaml:5: claims." + sentence)
    }
  }

  @Test(
    arguments: [
      (
        "published: {name: p, runs: A, max: seed, paper: 5, band: {within: 10 %, source: ours}}",
        "claims.published: p has no interval; its band can be exactly, or one-sided"
      ),
      (
        "beside: {name: p, runs: A, mean: seed, band: {above: 1, source: ours}}",
        "claims.beside: p decides nothing, and has no band"
      ),
    ] as [(String, String)])
  func whatDecidesNothingHasNoBand(quantity: String, sentence: String) {
    #expect(
      mistake(Self.file("says: s\n    \(Self.headline)\n    \(quantity)")) == "c.yaml:6: "
        + sentence)
  }

  private static let axes = "x: {name: x}, y: {name: y}"

  @Test(
    arguments: [
      (
        "figures: [{\(axes), series: [{points: p, runs: A, x: seed, y: seed}]}]",
        "figures.title: is missing"
      ),
      (
        "figures: [{title: f, x: {name: x}, series: [{points: p, runs: A, x: seed, y: seed}]}]",
        "figures.y: is missing"
      ),
      ("figures: [{title: f, \(axes)}]", "figures.series: is missing"),
      (
        "figures: [{title: f, \(axes), series: [{runs: A, x: seed, y: seed}]}]",
        """
        figures.series: a series is one of points, curves, fits, law, line, means, medians, \
        diagonal, gap
        """
      ),
      (
        "figures: [{title: f, \(axes), series: [{points: p, runs: A, x: seed}]}]",
        "figures.series.y: is missing"
      ),
      (
        "figures: [{title: f, \(axes), series: [{points: p, runs: A, x: seed, y: squared_norm}]}]",
        """
        figures.series.y: "squared_norm": a column of rows or spectra stands in first, last, \
        least, most or average
        """
      ),
      (
        "figures: [{title: f, \(axes), series: [{curves: p, runs: A, x: step, y: squared_norm}]}]",
        nil
      ),
      (
        """
        figures: [{title: f, \(axes), \
        series: [{points: p, runs: A, x: seed, y: seed, color: 9}]}]
        """,
        "figures.series.color: must be 0 to 6, ramp or grey, not 9"
      ),
      (
        """
        figures: [{title: f, \(axes), \
        series: [{points: p, runs: A, x: seed, y: seed, released: no}]}]
        """,
        "figures.series.released: must be true, false or only, not no"
      ),
      ("changes: [{date: d, claim: 9, what: w, reason: r}]", "changes.claim: there is no claim 9"),
      ("changes: [{date: d, what: w}]", "changes.reason: is missing"),
      (
        "changes: [{date: d, claim: [1, 1], what: w, reason: r}]",
        "changes.claim: has claim 1 twice"
      ),
      (
        "changes: [{date: d, claim: +1, what: w, reason: r}]",
        "changes.claim: there is no claim +1"
      ),
      (
        #"changes: [{date: d, what: w, reason: r, earlier: "a\0b"}]"#,
        "changes.earlier: has a control character"
      ),
      (
        "changes: [{date: d, what: w, reason: r, earlier: ..}]",
        "changes.earlier: must be the name of a file, without a folder, not .."
      ),
      (
        "figures: [{title: f, \(axes), series: [{points: [p], runs: A, x: seed, y: seed}]}]",
        "figures.series.points: must be text"
      ),
      (
        "figures: [{title: f, \(axes), series: [{points: p, runs: A, x: seed, y: joined(seed)}]}]",
        """
        figures.series.y: "joined(seed)": joined stands in the statistic or in by of a quantity \
        that has join
        """
      ),
      (
        "published: {files: [{file: a/b, experiment: A}]}",
        "published.files.file: must be the name of a file, without a folder, not a/b"
      ),
      (
        "published: {files: [{file: a, experiment: A, resolution: fulll}]}",
        "published.files.resolution: must be one of low, full, not fulll"
      ),
      (
        "published: {files: [{file: a, experiment: B}]}",
        "published.files.experiment: there is no experiment B"
      ),
      (
        "published: {files: [{file: a, experiment: A}], values: {t_men: x}}",
        "published.values: there is no t_men here; did you mean t_mem?"
      ),
      (
        "published: {files: [{file: a, experiment: A}], set: {p: 1}}",
        "published.set: p is no key of a config"
      ),
    ] as [(String, String?)])
  func aMistakeInTheRestIsToldWithItsPlace(rest: String, sentence: String?) {
    let found = mistake(Self.file("says: s\n    \(Self.headline)", rest))
    #expect(found == sentence.map { "c.yaml:6: " + $0 })
  }

  // MARK: Bounds

  @Test func aFileHasBounds() {
    let large = "title: t\n" + String(repeating: "#", count: ClaimsFile.largestFile)
    #expect(mistake(large) == "c.yaml: a file of claims has at most 1048576 bytes")
    func quantities(_ count: Int) -> String {
      let list = (1...count).map { "{name: q\($0), runs: A, mean: seed}" }.joined(separator: ", ")
      return Self.file("says: s\n    not_testable: r\n    beside: [\(list)]")
    }
    #expect(mistake(quantities(2000)) == nil)
    #expect(
      mistake(quantities(2001))
        == "c.yaml:6: claims.beside: a file has at most 2000 quantities and series")
    let claims = String(repeating: "  - {says: s, not_testable: r}\n", count: 1001)
    #expect(
      mistake("title: t\nexperiments: {}\nclaims:\n\(claims)")
        == "c.yaml:1004: claims: a file has at most 1000 claims")
    let definitions = (0...500).map { "a\($0): 1" }.joined(separator: ", ")
    #expect(
      mistake("title: t\ndefine: {\(definitions)}\n")
        == "c.yaml:2: define: there are at most 500 definitions")
    let experiments = (0...200).map { "a\($0): {where: true}" }.joined(separator: ", ")
    #expect(
      mistake("title: t\nexperiments: {\(experiments)}\n")
        == "c.yaml:2: experiments: there are at most 200 experiments")
    let list = (0...200).map { "\($0)" }.joined(separator: ", ")
    #expect(
      mistake(
        Self.file("says: s\n    headline: {name: '{p}', runs: A, mean: seed, each: {p: [\(list)]}}")
      )
        == "c.yaml:5: claims.headline.each: p must be a list of 1 to 200 values")
  }

  @Test func plansAndTheirRunsAreBounded() {
    func read(_ count: Int, seeds: Int) -> String? {
      let list = (1...count).map { "a\($0): {plan: p\($0).yaml, experiment: A}" }.joined(
        separator: ", ")
      do throws(ClaimsFile.ReadingFailure) {
        _ = try ClaimsFile(
          yaml: "title: t\nexperiments: {\(list)}\nclaims: [{says: s, not_testable: r}]\n",
          file: "c.yaml"
        ) { _ throws(AnalysisError) in
          Array("preset: tiny\nexperiments: [{name: A, seeds: 1..\(seeds)}]\n".utf8)
        }
        return nil
      } catch {
        guard case .claims(let error) = error else { return "file" }
        return "\(error)"
      }
    }
    #expect(read(20, seeds: 500) == nil)
    #expect(read(21, seeds: 1) == "c.yaml:2: experiments.a21.plan: a file names at most 20 plans")
    #expect(
      read(20, seeds: 501)
        == """
        c.yaml:2: experiments.a20.experiment: the experiments of a file ask for at most \
        10000 runs
        """
    )
  }

  @Test func whatIsRepeatedIsBounded() {
    // A note has 500 placeholders of 100 letters and is repeated 200 times: 10 MB from a file of 60
    // kB.
    let value = String(repeating: "x", count: 100)
    let values = Array(repeating: value, count: 200).joined(separator: ", ")
    let names = (1...200).map { "n\($0)" }.joined(separator: ", ")
    let note = String(repeating: "{p}", count: 500)
    let text = Self.file(
      "says: s\n    not_testable: r\n    "
        + "beside: {name: '{n}', runs: A, mean: seed, note: '\(note)', "
        + "each: {n: [\(names)], p: [\(values)]}}")
    #expect(
      mistake(text)
        == "c.yaml:6: claims.beside.each: what a file repeats has at most 8 MiB together")
  }

  /// Braces inside a value are text.
  @Test func placesAreFilledOnce() throws {
    let file = try read(
      Self.file(
        "says: s\n    not_testable: r\n    beside: {name: '{a} {b} {c} {', runs: A, mean: seed, "
          + "each: {a: ['{b}'], b: ['{a}']}}"
      ))
    #expect(file.claims[0].beside[0].name == "{b} {a} {c} {")
  }

  // MARK: Files

  @Test func mistakesAndWhatCannotBeReadAreToldApart() throws {
    let folder = TemporaryDirectory()
    func failure(_ name: String) -> AnalysisError? {
      do throws(AnalysisError) {
        _ = try ClaimsFile(path: folder.path + "/" + name)
        return nil
      } catch { return error }
    }
    guard case .unreadable = failure("none.yaml") else {
      Issue.record("no file")
      return
    }
    folder.write(Array("title: [\n".utf8), to: "broken.yaml")
    folder.write([0xff], to: "bytes.yaml")
    folder.write(Array(repeating: 0x23, count: ClaimsFile.largestFile + 1), to: "large.yaml")
    for name in ["broken.yaml", "bytes.yaml", "large.yaml"] {
      guard case .claims(let reason) = failure(name) else {
        Issue.record("\(name)")
        continue
      }
      #expect(reason.hasPrefix(folder.path + "/" + name))
    }
    // Plans are looked for beside the file.
    folder.write(Array(Self.plan.utf8), to: "plan.yaml")
    folder.write(
      Array(Self.file("says: s\n    not_testable: r").utf8), to: "good.yaml")
    #expect(failure("good.yaml") == nil)
  }

  @Test func thePapersFileIsWhole() {
    let file = ClaimsFile.paper
    #expect(file.claims.map(\.id) == Array(1...30))
    #expect(file.claims.allSatisfy { !$0.headlines.isEmpty || $0.untestableReason != nil })
    for claim in file.claims {
      for quantity in claim.headlines + claim.secondaries {
        guard let source = quantity.band?.source else { continue }
        let kinds = ["authors' repeats", "printed spread", "sentence", "ours"]
        #expect(kinds.contains { source.hasPrefix($0) }, "claim \(claim.id), \(quantity.name)")
      }
    }
  }
}
