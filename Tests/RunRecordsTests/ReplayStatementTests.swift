import Digests
import TestSupport
import Testing

@testable import RunRecords

@Suite struct ReplayStatementTests {
  private static func digest(_ digit: Character) -> Digest {
    Digest(hex: String(repeating: digit, count: 64))!
  }

  private static func statement(
    kind: RunKind = .trainer, _ verdict: ReplayStatement.Verdict = .identical,
    extent: ReplayStatement.Extent = .whole, differences: [ReplayStatement.Difference] = [],
    threads: Int? = 2, steps: Int? = 381
  ) -> ReplayStatement {
    ReplayStatement(
      kind: kind, result: digest("1"), bundle: digest("2"), config: digest("3"), verdict: verdict,
      extent: extent, differences: differences,
      build: .init(
        software: "regrok 0.1.0", digest: digest("4"), configuration: "release",
        compiler: "Swift 6.3.1"),
      instructions: "avx512", threads: threads, steps: steps, day: "2026-11-24")
  }

  private static let differences: [ReplayStatement.Difference] = [
    .init("column", name: "validation_loss", step: 16, distance: .number(0.25), ulps: 1 << 60),
    .init("file", name: "results/é.png", distance: .text), .init("rows", step: 0),
    .init("outcome", distance: .infinite), .init("ending", distance: .undefined),
  ]

  private static let all: [ReplayStatement] = [
    statement(), statement(kind: .program, threads: nil),
    statement(extent: .sample(segments: 2, of: 5, seed: .max)),
    statement(.different, differences: differences),
    statement(kind: .program, .within, differences: differences, threads: nil, steps: nil),
    statement(.different, extent: .sample(segments: 5, of: 5, seed: 0), differences: differences),
  ]

  /// The text that SPEC.md and in-toto's documents (Statement v1, Test Result v0.1) ask for.
  @Test func aWholeReplayHasThisText() {
    let text =
      #"{"_type":"https://in-toto.io/Statement/v1","predicate":{"configuration":["#
      + #"{"digest":{"sha256":"\#(Self.digest("3"))"},"name":"config.json"},"#
      + #"{"annotations":{"day":"2026-11-24","differences":[],"differing":0,"extent":"whole","#
      + #""instructions":"avx512","steps":381,"threads":2,"verdict":"identical"},"#
      + #""digest":{"sha256":"\#(Self.digest("2"))"},"name":"tagmanifest-sha256.txt"},"#
      + #"{"annotations":{"compiler":"Swift 6.3.1","configuration":"release"},"#
      + #""digest":{"sha256":"\#(Self.digest("4"))"},"name":"regrok 0.1.0"}],"#
      + #""passedTests":["replay"],"result":"PASSED"},"#
      + #""predicateType":"https://in-toto.io/attestation/test-result/v0.1","#
      + #""subject":[{"digest":{"sha256":"\#(Self.digest("1"))"},"name":"expected-sha256.txt"}]}"#
    #expect(Self.statement().json.text == text)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    for statement in Self.all {
      #expect(try ReplayStatement(canonical: statement.json.utf8) == statement)
    }
  }

  @Test func theResultIsInTotos() {
    func words(_ statement: ReplayStatement) -> [String?] {
      let predicate = statement.json["predicate"]
      guard case .array(let parts)? = predicate?["configuration"] else { return [] }
      return [
        predicate?["result"]?.stringValue, parts[1]["annotations"]?["verdict"]?.stringValue,
        ["passedTests", "warnedTests", "failedTests"].first { predicate?[$0] == ["replay"] },
      ]
    }
    #expect(words(Self.all[0]) == ["PASSED", "identical", "passedTests"])
    #expect(words(Self.all[1]) == ["PASSED", "identical on this machine", "passedTests"])
    #expect(words(Self.all[3]) == ["FAILED", "different", "failedTests"])
    #expect(words(Self.all[4]) == ["WARNED", "within", "warnedTests"])
  }

  @Test func ofManyDifferencesTheFirstAreKeptAndAllAreCounted() throws {
    let many = (0..<50).map { ReplayStatement.Difference("column", name: "c", step: $0) }
    let statement = Self.statement(.different, differences: many)
    #expect(statement.differences == Array(many.prefix(20)))
    #expect(statement.differing == 50)
    #expect(try ReplayStatement(canonical: statement.json.utf8) == statement)
  }

  @Test func noNameMakesItTooLarge() throws {
    let names = [255, 256, 1 << 20].map { String(repeating: "\u{1}", count: $0) }
    let differences = names.map { ReplayStatement.Difference("column", name: $0) }
    #expect(differences.map(\.name) == [names[0], nil, nil])
    let statement = Self.statement(
      .different, differences: Array(repeating: differences[0], count: 1000))
    #expect(statement.json.utf8.count < ReplayStatement.largestSize)
    #expect(try ReplayStatement(canonical: statement.json.utf8) == statement)
  }

  /// Parts of a statement are removed, added or replaced.
  @Test func anyOtherFormIsRefused() throws {
    func isRefused(_ json: CanonicalJSON, _ what: String) {
      #expect(throws: RecordError.self, "\(what)") {
        try ReplayStatement(canonical: json.utf8)
      }
    }
    for statement in Self.all {
      let json = statement.json
      for changed in json.eachWithoutOneMember { isRefused(changed, changed.text) }
      for changed in json.eachWithOneMore { isRefused(changed, changed.text) }
      isRefused(.array([json]), "a list")
    }
    let text = Self.statement().json.text
    for (old, new) in [
      ("PASSED", "FAILED"), ("passedTests", "failedTests"), ("\"whole\"", "\"part\""),
      ("\"identical\"", "\"different\""), ("\"identical\"", "\"within\""),
      ("\"identical\"", "\"identical on this machine\""), ("\"differing\":0", "\"differing\":1"),
      ("config.json", "other.json"), ("test-result/v0.1", "test-result/v0.2"),
      ("Statement/v1", "Statement/v2"), ("381", "\"381\""), ("1111", "111"), ("1111", "AAAA"),
      ("replay\"]", "replay\",\"x\"]"), ("}]}", "},{}]}"), ("{\"_type", " {\"_type"),
    ] {
      let changed = text.replacing(old, with: new)
      #expect(changed != text)
      #expect(throws: RecordError.self, "\(old) → \(new)") {
        try ReplayStatement(canonical: Array(changed.utf8))
      }
    }
  }
}

extension CanonicalJSON {
  /// Every variant of this value with `change` made to one object in it or to itself.
  private func each(_ change: ([Key: CanonicalJSON]) -> [[Key: CanonicalJSON]]) -> [CanonicalJSON] {
    switch self {
    case .null, .bool, .number, .string: return []
    case .array(let items):
      return items.indices.flatMap { place in
        items[place].each(change).map { item in
          var items = items
          items[place] = item
          return .array(items)
        }
      }
    case .object(let members):
      return change(members).map { .object($0) }
        + members.flatMap { key, value in
          value.each(change).map { .object(members.merging([key: $0]) { _, new in new }) }
        }
    }
  }

  fileprivate var eachWithoutOneMember: [CanonicalJSON] {
    each { members in members.keys.map { key in members.filter { $0.key != key } } }
  }

  fileprivate var eachWithOneMore: [CanonicalJSON] {
    each { [$0.merging(["more": "x"]) { own, _ in own }] }
  }
}
