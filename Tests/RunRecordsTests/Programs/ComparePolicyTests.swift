import RunRecords
import Testing

@Suite struct ComparePolicyTests {
  private static func policy(_ text: String) throws -> ComparePolicy {
    try ComparePolicy(json: CanonicalJSON(canonical: Array(text.utf8)), file: "program.json")
  }

  private static func reason(_ text: String) -> String? {
    do throws(RecordError) {
      let json = try CanonicalJSON(canonical: Array(text.utf8))
      #expect(try ComparePolicy(json: json, file: "p").json == json)
      return nil
    } catch {
      return error.description
    }
  }

  private static func written(_ text: String) throws -> ComparePolicy {
    try ComparePolicy(
      written: CanonicalJSON(canonical: Array(text.utf8)), file: "run.yaml")
  }

  @Test func theRecordHasAllFourKeys() throws {
    let text = #"{"columns":{},"default":"bits","files":{},"outcome":{}}"#
    #expect(ComparePolicy.bits.json.text == text)
    #expect(try Self.policy(text) == .bits)
    #expect(try Self.written("{}") == .bits)
    #expect(
      Self.reason(#"{"columns":{},"default":"bits","files":{}}"#)
        == "p: compare.outcome: is missing"
    )
  }

  @Test func rulesAreFoundByName() throws {
    let tolerance = try #require(Tolerance(absolute: 1e-6))
    let policy = try Self.written(
      #"{"columns":{"loss":{"absolute":0.000001},"seconds":"ignore"},"#
        + #""files":{"*.png":"ignore","results/out/keep*.png":"bits"},"#
        + #""outcome":{"minutes":"ignore"}}"#
    )
    #expect(policy.rule(column: "loss") == .tolerance(tolerance))
    #expect(policy.rule(column: "seconds") == .ignore)
    #expect(policy.rule(column: "accuracy") == .bits)
    #expect(policy.rule(outcome: "minutes") == .ignore)
    #expect(policy.rule(outcome: "loss") == .bits)
    #expect(policy.rule(file: "results/work/a/b.png") == .ignore)
    #expect(policy.rule(file: "results/out/keep1.png") == .bits)
    #expect(policy.rule(file: "results/out/a.npz") == .bits)
    #expect(Self.reason(policy.json.text) == nil)
  }

  @Test func theLongestPatternDecidesAndThenTheBytes() throws {
    let policy = try Self.written(
      #"{"files":{"*b":"bits","a*b":{"relative":1},"a?":"ignore"}}"#)
    #expect(policy.rule(file: "ab") == .tolerance(try #require(Tolerance(relative: 1))))
    // "*b" sorts before "a?".
    #expect(policy.rule(file: "cb") == .bits)
    #expect(policy.rule(file: "ac") == .ignore)
  }

  @Test(arguments: [
    #"{"columns":{"a":"none"},"default":"bits","files":{},"outcome":{}}"#,
    #"{"columns":{"a":{}},"default":"bits","files":{},"outcome":{}}"#,
    #"{"columns":{"a":{"absolute":-1}},"default":"bits","files":{},"outcome":{}}"#,
    #"{"columns":{"a":{"absolute":"1"}},"default":"bits","files":{},"outcome":{}}"#,
    #"{"columns":{"a":{"absolut":1}},"default":"bits","files":{},"outcome":{}}"#,
    #"{"columns":[],"default":"bits","files":{},"outcome":{}}"#,
    #"{"columns":{},"default":null,"files":{},"outcome":{}}"#,
    #"{"columns":{},"default":"bits","files":{"":"bits"},"outcome":{}}"#,
    #"{"columns":{},"default":"bits","files":{},"outcome":{},"trust":true}"#,
    #"{"columns":{},"default":"ignore","files":{},"outcome":{"a":"ignore"}}"#,
  ])
  func otherPoliciesAreRefused(text: String) {
    #expect(Self.reason(text) != nil)
  }

  @Test func ignoringByDefaultNeedsSomethingElse() {
    #expect(
      Self.reason(#"{"columns":{"a":"bits"},"default":"ignore","files":{},"outcome":{}}"#) == nil)
    #expect(ComparePolicy(default: .ignore) == nil)
  }

  @Test func patternsHaveABound() throws {
    func files(_ count: Int) throws -> [PathPattern: ComparePolicy.Rule] {
      var files: [PathPattern: ComparePolicy.Rule] = [:]
      for number in 0..<count { files[try #require(PathPattern("\(number)"))] = .ignore }
      return files
    }
    let most = ComparePolicy.Limit.patterns
    #expect(ComparePolicy(files: try files(most)) != nil)
    #expect(ComparePolicy(files: try files(most + 1)) == nil)
    let rules = (0...most).map { "\"\($0)\":\"bits\"" }.sorted().joined(separator: ",")
    #expect(
      Self.reason("{\"columns\":{},\"default\":\"bits\",\"files\":{\(rules)},\"outcome\":{}}")
        == "p: compare.files: more than \(most) patterns")
  }

  @Test func aBoundThatIsNoNumberIsNamed() {
    #expect(
      Self.reason(
        #"{"columns":{"a":{"absolute":"x","relative":1}},"default":"bits","files":{},"outcome":{}}"#
      )
        == "p: compare.columns.a.absolute: must be a number from 0")
  }

  private static let endings: [([String], [String], [String], Bool)] = [
    ([], [], [], true), ([], [], ["results/out/a.log", "b.log"], true),
    (["loss"], [], [], false), ([], ["best"], [], false), ([], [], ["a.log", "b.txt"], false),
  ]

  /// The ending is not all that is compared if a curve, a finding or a file is not ignored.
  @Test(arguments: endings) func theEndingIsAllWhereNothingElseIsCompared(
    columns: [String], found: [String], files: [String], isAll: Bool
  ) throws {
    let logs = try #require(PathPattern("*.log"))
    let policy = try #require(ComparePolicy(files: [logs: .ignore]))
    let metrics = try TraceTable(
      steps: [0],
      columns: columns.map { TraceTable.Column(name: $0, values: .integers([1])) })
    let outcome = try ProgramOutcome(
      found: Dictionary(
        uniqueKeysWithValues: found.map { (CanonicalJSON.Key($0), CanonicalJSON(1)) }),
      ending: .unknown)
    #expect(policy.comparesOnlyTheEnding(metrics, outcome, files: files) == isAll)
  }

  @Test func aToleranceHasABound() {
    #expect(Tolerance() == nil)
    #expect(Tolerance(absolute: .nan) == nil)
    #expect(Tolerance(relative: .infinity) == nil)
    #expect(Tolerance(absolute: 0)?.json.text == #"{"absolute":0}"#)
    #expect(
      Tolerance(absolute: 1e-6, relative: 0.5)?.description == "absolute 0.000001, relative 0.5")
  }
}

@Suite struct PathPatternTests {
  @Test(arguments: [
    ("*.png", "results/out/a.png", true), ("*.png", "results/out/a/b.png", true),
    ("*.png", "results/out/a.png.txt", false), ("a*", "results/out/b/a", true),
    ("out/*.png", "results/out/a.png", true), ("out/*.png", "results/out/b/a.png", false),
    ("out/**.png", "results/out/b/a.png", true), ("plots/*.png", "results/out/plots/a.png", true),
    ("plots/*.png", "results/work/plots/a.png", true),
    ("plots/*.png", "results/out/b/plots/a.png", false),
    ("**/a.png", "results/out/b/a.png", true), ("results/**", "results/out/b/a.png", true),
    ("checkpoints/*", "checkpoints/step-00000001.safetensors", true),
    ("a?c", "abc", true), ("a?c", "ac", false), ("x/a?c", "x/a/c", false),
    ("x/a*c", "x/a/c", false), ("x/a**c", "x/a/c", true), ("a**", "a", true), ("*", "x/y", true),
    ("***", "x/yz", true), ("A", "a", false), ("*a*b*c*", "xxaxxbxxcxx", true),
    ("*a*b*c*", "xxaxxcxxbxx", false), ("x/*/*/y", "x/a/b/y", true), ("x/*/*/y", "x/a/y", false),
  ])
  func patternsMatch(pattern: String, path: String, expected: Bool) throws {
    #expect(try #require(PathPattern(pattern)).matches(path) == expected)
  }

  /// A backtracking matcher would take exponential time for this pattern.
  @Test func manyStarsTakeNoLonger() throws {
    let pattern = try #require(PathPattern(String(repeating: "*a", count: 59) + "*b"))
    #expect(!pattern.matches(String(repeating: "a", count: 4000)))
    #expect(pattern.matches(String(repeating: "a", count: 4000) + "b"))
  }

  @Test func patternsHaveABound() {
    #expect(PathPattern("") == nil)
    #expect(PathPattern("é") == nil)
    #expect(PathPattern(String(repeating: "a", count: 121)) == nil)
    let longest = String(repeating: "a", count: 120)
    #expect(PathPattern(longest)?.matches(longest) == true)
  }
}
