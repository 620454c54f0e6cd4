import Catalogue
import Digests
import RunRecords

/// Writes the statement on a replay of a whole run (SPEC.md, 3.18). The run's config is in the
/// text. The facts are in the inbox, as canonical JSON: the keys below, digests as hexadecimal
/// digits. The answer is the statement.
///
/// - Returns: 0 where a fact is missing or is none.
@_cdecl("page_statement")
public func pageStatement() -> Int32 {
  let config = takeText()
  guard let facts = try? CanonicalJSON(canonical: takeInbox()),
    let result = facts.digest("result"), let bundle = facts.digest("bundle"),
    let program = facts.digest("program"), let software = facts["software"]?.stringValue,
    let compiler = facts["compiler"]?.stringValue, let day = facts["day"]?.stringValue,
    let instructions = facts["instructions"]?.stringValue,
    let verdict = facts["verdict"]?.stringValue, case .array(let items)? = facts["differences"]
  else { return 0 }
  let differences = items.compactMap(ReplayStatement.Difference.init)
  let isIdentical = verdict.isSame(as: "identical")
  guard isIdentical == differences.isEmpty, differences.count == items.count else { return 0 }
  let statement = ReplayStatement(
    kind: .trainer, result: result, bundle: bundle, config: Digest(of: config),
    verdict: isIdentical ? .identical : .different, extent: .whole, differences: differences,
    build: .init(
      software: software, digest: program, configuration: "release", compiler: compiler),
    instructions: instructions, threads: facts["threads"]?.intValue,
    steps: facts["steps"]?.intValue, day: day)
  say(statement.json.utf8)
  return 1
}

extension CanonicalJSON {
  fileprivate func digest(_ key: String) -> Digest? {
    self[key]?.stringValue.flatMap { Digest(hex: $0) }
  }
}
