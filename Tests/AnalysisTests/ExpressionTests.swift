import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct ExpressionTests {
  private func value(
    _ text: String, of run: Observation = Observation(planned: Preset.modularAddition.spec),
    define definitions: [String: String] = [:]
  ) throws -> Value {
    let expression = try ExpressionParser(definitions: definitions).expression(text)
    return ExpressionContext([run]).value(of: expression, run: 0)
  }

  private func mistake(_ text: String, define definitions: [String: String] = [:]) -> String? {
    do throws(ExpressionError) {
      _ = try ExpressionParser(definitions: definitions).expression(text)
      return nil
    } catch {
      return error.reason
    }
  }

  // MARK: Numbers

  @Test(
    arguments: [
      ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("12 / 4 / 3", 1), ("7 - -2", 9),
      ("2 ^ 3 ^ 2", 512), ("-2 ^ 2", -4), ("2 ^ -1", 0.5), ("(-2) ^ 3", -8), ("2 * 3 ^ 2", 18),
      ("1e-3 * 1e3", 1), ("1E2", 100), ("2.5e+1", 25), ("abs(-3)", 3), ("sqrt(16)", 4),
      ("log(1)", 0), ("log10(1000)", 3), ("exp(0)", 1), ("min(2, 3)", 2), ("max(2, 3)", 3),
      ("if(1 < 2, 10, 20)", 10), ("if(1 > 2, 10, 20)", 20), ("--3", 3),
    ] as [(String, Double)])
  func arithmeticIsThatOfMathematics(text: String, expected: Double) throws {
    #expect(try value(text) == .number(expected))
  }

  @Test(
    arguments: [
      ("1 < 2", true), ("2 < 1", false), ("2 <= 2", true), ("2 >= 3", false), ("1 + 1 == 2", true),
      ("1 != 1", false), ("'a' == 'a'", true), ("'a' == 'b'", false), ("not 1 == 2", true),
      ("not 1 == 1 or 2 == 2", true), ("1 == 1 or 1 == 2 and 1 == 3", true),
      ("(1 == 1 or 1 == 2) and 1 == 3", false), ("true", true), ("true != false", true),
      ("optimizer.name == 'adamw'", true), ("loss.name == 'cross-entropy'", true),
      ("model.layers == 1", true), ("loss.temperature < 1", false), ("sampling == 'full'", false),
      ("has(model.bias)", false), ("optimizer.decay_on == 'all'", true),
      ("task.modulus == 97 and seed == 42", true),
    ] as [(String, Bool)])
  func comparisonsBindWeakerThanSumsAndStrongerThanAnd(text: String, expected: Bool) throws {
    #expect(try value(text) == .truth(expected))
  }

  // MARK: What is missing

  /// A run that did not grok: `t_grok` is missing, and so is a comparison with it.
  @Test(
    arguments: [
      ("true and U", nil), ("U and true", nil), ("false and U", false), ("U and false", false),
      ("true or U", true), ("U or true", true), ("false or U", nil), ("U or false", nil),
      ("not U", nil), ("U and U", nil), ("U or U", nil),
    ] as [(String, Bool?)])
  func conditionsAreKleenes(text: String, expected: Bool?) throws {
    let found = try value(text, define: ["U": "t_grok > 0"])
    #expect(found == expected.map(Value.truth) ?? .missing)
  }

  @Test(arguments: [
    "t_grok + 1", "-t_grok", "t_grok == 1", "t_grok != 1", "if(t_grok > 0, 1, 2)",
    "if(1 > 2, 1)", "abs(t_grok)", "min(1, t_grok)", "first(step)", "optimizer.decay_convention",
    "1 / 0", "0 / 0", "log(0)", "log(-1)", "log10(0)", "sqrt(-1)", "(-8) ^ 0.5", "0 ^ -1",
    "1e308 * 10", "exp(1000)", "1e200 ^ 2", "average(step)", "fit.rate", "spectrum.common_bins",
    "joined(seed)", "stop_reason",
  ])
  func whatHasNoValueIsMissing(text: String) throws {
    #expect(try value(text) == .missing)
    #expect(try value("has(\(text))") == .truth(false))
  }

  @Test func somethingElseCanTakeThePlaceOfWhatIsMissing() throws {
    #expect(try value("otherwise(t_grok, 5)") == .number(5))
    #expect(try value("otherwise(4, 5)") == .number(4))
    #expect(try value("has(seed)") == .truth(true))
    #expect(try value("if(1 < 2, 3)") == .number(3))
    // A value that is not used may be missing.
    #expect(try value("if(1 < 2, 3, t_grok)") == .number(3))
  }

  // MARK: Names

  @Test func namesMayBeGreekAndStandForExpressions() throws {
    let definitions = [
      "η": "optimizer.learning_rate", "λ": "optimizer.weight_decay", "ηλ_2": "2 * η * λ",
    ]
    // The preset has η = 1e-3 and λ = 1.
    #expect(try value("ηλ_2", define: definitions) == .number(2e-3))
    #expect(try value("1 / ηλ_2 ^ 2", define: ["ηλ_2": "1 + 1"]) == .number(0.25))
    let parser = ExpressionParser()
    for name in ["T_esc_ηλ", "ρ", "a1", "T̃", "x.y"] { #expect(try parser.isName(name)) }
    for name in ["and", "if", "first", "joined", "true", "1a", "a b", "a+b", "", "'a'", "("] {
      #expect(!((try? parser.isName(name)) ?? false), "\(name)")
    }
  }

  @Test func theSameNameInConfigAndOutcomeIsItsValue() throws {
    var run = Observation(planned: Preset.modularAddition.spec)
    (run.memorizationStep, run.grokkingStep) = (800, 1800)
    (run.squaredNormAtMemorization, run.finalSquaredNorm) = (4000, 250)
    #expect(try value("t_grok - t_mem", of: run) == .number(1000))
    #expect(try value("v_mem / v_post", of: run) == .number(16))
    #expect(try value("task.name", of: run) == .text("modular-addition"))
    #expect(try value("log_interval", of: run) == .number(200))
  }

  @Test(
    arguments: [
      (["a": "a"], "a", "a is defined by itself: a → a"),
      (["a": "b + 1", "b": "c", "c": "2 * a"], "a", "a is defined by itself: a → b → c → a"),
      (["a": "1", "b": "b"], "a + b", "b is defined by itself: b → b"),
    ] as [([String: String], String, String)])
  func aDefinitionDoesNotLeadBackToItself(
    definitions: [String: String], text: String, reason: String
  ) {
    #expect(mistake(text, define: definitions) == reason)
  }

  // MARK: Bounds

  @Test func anExpressionHasBounds() throws {
    let longest = String(repeating: " ", count: 1999) + "1"
    #expect(mistake(longest) == nil)
    #expect(mistake(" " + longest) == "an expression has at most 2000 bytes")
    func nested(_ count: Int) -> String {
      String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count)
    }
    #expect(mistake(nested(60)) == nil)
    #expect(mistake(nested(61)) == "more than 60 levels lie in each other")
    #expect(
      mistake(String(repeating: "not ", count: 61) + "true")
        == "more than 60 levels lie in each other")
    #expect(
      mistake(String(repeating: "-", count: 61) + "1") == "more than 60 levels lie in each other")
    #expect(
      mistake("2" + String(repeating: "^2", count: 61)) == "more than 60 levels lie in each other")
    // Each name stands for eight of the one before.
    var definitions = ["a0": "1"]
    for k in 1...10 {
      definitions["a\(k)"] = Array(repeating: "a\(k - 1)", count: 8).joined(separator: "+")
    }
    #expect(mistake("a3", define: definitions) == nil)
    #expect(mistake("a10", define: definitions) == "it stands for more than 5000 terms")
  }

  @Test func allExpressionsOfAFileHaveOneTogether() throws {
    // 999 additions of a name that stands for one number: 2997 terms in each expression.
    let text = Array(repeating: "a", count: 1000).joined(separator: "+")
    let parser = ExpressionParser(definitions: ["a": "1"])
    for _ in 0..<66 { _ = try parser.expression(text) }
    let error = #expect(throws: ExpressionError.self) { try parser.expression(text) }
    #expect(error?.reason == "with it the file's expressions stand for more than 200000 terms")
  }

  /// The kind of a value depends on both branches of each `if`. If a branch were asked twice, this
  /// would never end.
  @Test func deepConditionsAreReadAtOnce() throws {
    var text = "1"
    for _ in 0..<58 { text = "if(1<2,\(text),2)" }
    let expression = try ExpressionParser().expression(text, .number)
    #expect(throws: ExpressionError.self) { try ExpressionParser().expression(text, .condition) }
    #expect(ExpressionContext([ValueRun().observation]).value(of: expression, run: 0) == .number(1))
    var other = "1"
    for _ in 0..<58 { other = "otherwise(\(other),2)" }
    _ = try ExpressionParser().expression(other, .number)
  }

  /// A name stands for its whole definition, in what it may be used for too.
  @Test(arguments: ["if(seed >= 0, 'x')", "word", "otherwise('x', 'y')", "first('x')"])
  func aTextIsNoNumberHoweverItIsWritten(text: String) throws {
    let parser = ExpressionParser(definitions: ["word": "if(seed >= 0, 'x')"])
    _ = try parser.expression(text, .any)
    for (text, wanted) in [
      (text, ExpressionParser.Wanted.number), (text, .condition), (text + " + 1", .any),
    ] {
      #expect(throws: ExpressionError.self) { try parser.expression(text, wanted) }
    }
  }

  @Test func longSumsHaveTheirValue() throws {
    var definitions = ["a0": "0"]
    for k in 1...4 {
      definitions["a\(k)"] = "a\(k - 1)" + String(repeating: "+1", count: 600)
    }
    // 2400 sums, nested to the left.
    #expect(try value("a4", define: definitions) == .number(2400))
  }

  // MARK: Rows and spectra

  /// Logged every 200 steps to 4000, memorised at 800, grokked at 1800.
  private var run: Observation {
    var spec = Preset.modularAddition.spec
    spec.logInterval = 200
    var run = SyntheticRun(spec)
    run.lastStep = 4000
    return run.observation
  }

  @Test(
    arguments: [
      ("first(step)", 0), ("last(step)", 4000), ("last(step, step <= 1500)", 1400),
      ("first(step, validation_accuracy > 0.5)", 1800), ("least(train_accuracy)", 0.5),
      ("most(train_accuracy)", 1), ("average(step)", 2000), ("average(step, step < 500)", 200),
      ("most(step, step < t_grok)", 1600), ("last_step", 4000),
      ("first(squared_norm) - v_mem - most(squared_norm) + first(squared_norm, step == t_mem)", 0),
      // Rows where the value is missing are skipped.
      ("least(step - before(step))", 200), ("first(before(step))", 0),
      ("most(step - before(before(step)))", 400), ("average(if(step > before(step), 1, 0))", 1),
      ("first(if(step > 900, step))", 1000), ("average(if(step > 3700, step))", 3900),
      ("last(train_loss + validation_loss)", 3),
    ] as [(String, Double)])
  func rowsAreSummedUp(text: String, expected: Double) throws {
    #expect(try value(text, of: run) == .number(expected))
  }

  @Test func nothingToSumUpIsMissing() throws {
    for text in ["first(step, step > 9999)", "least(step, step < 0)", "average(1 / 0)"] {
      #expect(try value(text, of: run) == .missing)
    }
  }

  private func spectrum(_ step: Int, _ half: [Double]) -> Observation.Spectrum {
    .init(step: step, oneSided: half, modulus: 9, isFull: false)
  }

  @Test func spectraAreSummedUpWhereOneIsAskedFor() throws {
    var run = run
    run.spectra = [spectrum(0, [0, 50, 50, 0, 0]), spectrum(500, [0, 100, 0, 0.5, 0])]
    // Of the p bins, each except 0 appears twice; 0.5 is below 1 % of 100.
    #expect(try value("first(spectrum.bins)", of: run) == .number(4))
    #expect(try value("last(spectrum.bins_half)", of: run) == .number(1))
    #expect(try value("most(spectrum.step)", of: run) == .number(500))
    #expect(try value("average(step)", of: run) == .number(2000))
    #expect(try value("average(step, spectrum.bins > 0)", of: run) == .number(250))
    // 1 / 201 of the power.
    guard case .number(let outside) = try value("last(spectrum.outside)", of: run) else {
      Issue.record("no share")
      return
    }
    #expect(relativeError(outside, 1 / 201.0) < 1e-12)
  }

  @Test func joinedLooksAtTheRunOfTheSameKey() throws {
    let runs = [1.0, 2, 3].map { ValueRun(x: $0, seed: Int($0)).observation }
    let others = [1.0, 3].map { ValueRun(x: 100 * $0, seed: Int($0)).observation }
    let found = try estimate(
      "max: joined(v_mem) - v_mem, join: {runs: others, by: seed}", of: runs, joined: others)
    #expect(found?.value == 297)
    // Seed 2 has no partner.
    #expect(found?.count == 2)
  }

  /// A key that is missing joins nothing, nor does one that several runs have.
  @Test func joinedIsMissingWhereNothingTellsTheRun() throws {
    let runs = [1.0, 2, 3].map { ValueRun(x: $0, seed: Int($0)).observation }
    func count(_ by: String, of others: [Observation]) throws -> Int? {
      try estimate(
        "mean: joined(v_mem), join: {runs: others, by: \(by)}", of: runs, joined: others)?.count
    }
    #expect(try count("1 / 0", of: [runs[0]]) == nil)
    #expect(try count("seed", of: [runs[0], runs[1], runs[1]]) == 1)
    #expect(try count("task.modulus", of: [runs[0]]) == 3)
    #expect(try count("task.modulus", of: runs) == nil)
  }

  @Test func joinedRowsAreThoseOfTheSameStep() throws {
    func run(_ rows: [(step: Int, norm: Double)]) -> Observation {
      var run = ValueRun(x: 1, seed: 1).observation
      run.rows = rows.map { step, norm in
        MetricsRow(
          step: step, trainLoss: 1, trainAccuracy: 1, validationLoss: 1, validationAccuracy: 1,
          squaredNorm: norm)
      }
      return run
    }
    // Of two rows of one step, the first counts; step 30 has no partner.
    let found = try estimate(
      "mean: average(joined(squared_norm) - squared_norm), join: {runs: others, by: seed}",
      of: [run([(0, 1), (10, 2), (30, 3)])],
      joined: [run([(10, 5), (0, 2), (10, 9)])])
    #expect(found?.value == 2)
  }

  @Test func joinedSpectraAreThoseOfTheSameStep() throws {
    var (one, other) = (run, run)
    one.spectra = [spectrum(0, [0, 50, 50, 0, 0]), spectrum(500, [0, 90, 10, 0, 0])]
    other.spectra = [spectrum(500, [0, 50, 25, 25, 0])]
    let found = try estimate(
      "mean: average(joined(spectrum.bins) - spectrum.bins), join: {runs: others, by: seed}",
      of: [one], joined: [other])
    // At step 500: six bins and four.
    #expect(found?.value == 2)
  }

  // MARK: Mistakes

  @Test(
    arguments: [
      ("", "it ends where a value is expected"), ("1 +", "it ends where a value is expected"),
      ("(1", "it ends where \")\" is expected"), ("1 2", "\"2\" is not expected there"),
      ("1)", "\")\" is not expected there"), ("* 2", "a value is expected, not \"*\""),
      ("1 = 2", "\"=\" has no meaning there; equality is =="),
      ("\"a\" == task.name", "\"\"\" has no meaning there; a text stands in '"),
      ("1 & 2", "\"&\" has no meaning there"), ("'a", "a text has no second '"),
      ("1.2.3", "1.2.3 is not a number"), ("1e999", "1e999 is not a number"),
      ("sqr(4)", "there is no function sqr; did you mean sqrt?"),
      ("launch(4)", "there is no function launch"),
      ("t_grk", "there is no t_grk; did you mean t_grok?"), ("zzzzzzzz", "there is no zzzzzzzz"),
      ("1 and true", "\"and\" takes conditions, not a number"),
      ("true or 'a'", "\"or\" takes conditions, not a text"),
      ("'a' + 1", "\"+\" takes numbers, not a text"),
      ("-true", "\"-\" takes numbers, not a condition"),
      ("not 1", "\"not\" takes conditions, not a number"),
      ("'a' < 'b'", "\"<\" takes numbers, not a text"),
      ("1 == 'a'", "\"==\" compares a text with a text and a number with a number"),
      ("1 < 2 < 3", "\"<\" is not expected there"), ("abs()", "a value is expected, not \")\""),
      ("abs(1, 2)", "abs takes 1 value, not 2"), ("if(true)", "if takes 3 values, not 1"),
      ("min(1)", "min takes 2 values, not 1"),
      ("if(1, 2, 3)", "\"if\" takes conditions, not a number"),
      ("first(last(step))", "last stands inside another of its kind"),
      ("first(before(spectrum.step))", "before is of rows, not of spectra"),
      ("first(before(step, 1))", "before takes one value"),
      ("first(step, 1)", "\"first\" takes conditions, not a number"),
      ("first(step, true, true)", "first takes a value and, if need be, a condition"),
      ("joined(seed, seed)", "joined takes one value"),
      (
        "joined(predicted.fitted)",
        "a prediction is of the quantity's own runs, not of joined ones"
      ),
    ] as [(String, String)])
  func aMistakeIsToldInAClause(text: String, reason: String) {
    #expect(mistake(text) == reason)
  }

  @Test func columnsStandInWhatSumsThemUp() throws {
    for text in ["step", "1 + squared_norm", "spectrum.outside", "if(step > 1, 2)"] {
      #expect(try ExpressionParser().expression(text).objectionAsRunValue != nil)
    }
    for text in ["last(step)", "last_step", "first(squared_norm) / seed"] {
      #expect(try ExpressionParser().expression(text).objectionAsRunValue == nil)
    }
  }
}
