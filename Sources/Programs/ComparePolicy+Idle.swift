internal import RunRecords

extension ComparePolicy {
  private static let mostIdleRules = 20

  /// The rules that apply to nothing in a run, a sentence each. A name that is spelt wrong leaves
  /// its column, key or file to another rule, and nothing else would tell.
  ///
  /// - Parameters:
  ///   - columns: The names of all columns, also of those that are not compared.
  ///   - found: All keys of the outcome.
  ///   - paths: The paths of all results and checkpoints.
  /// - Returns: At most 20 of them, and how many more there are.
  func idleRules(columns: [String], outcome found: [String], files paths: [String]) -> [String] {
    var idle: [(rule: String, lack: String, name: String, others: [String])] = []
    let columnKeys = Set(columns.map { CanonicalJSON.Key($0) })
    for key in self.columns.keys.sorted() where !columnKeys.contains(key) {
      idle.append(("columns.\(key)", "no column has this name", key.text, columns))
    }
    for pattern in files.keys.sorted() where !paths.contains(where: pattern.matches) {
      idle.append(("files.\(pattern.text)", "it matches no file", "", []))
    }
    let foundKeys = Set(found.map { CanonicalJSON.Key($0) })
    for key in outcome.keys.sorted() where !foundKeys.contains(key) {
      idle.append(("outcome.\(key)", "the outcome has no such key", key.text, found))
    }
    let sentences = idle.prefix(Self.mostIdleRules).map { rule, lack, name, others in
      let near = Spelling.nearest(to: name, among: others.sorted())
      return "compare.\(rule) applies to nothing: \(lack)"
        + (near.map { "; did you mean \($0)?" } ?? "")
    }
    let rest = idle.count - sentences.count
    return sentences + (rest > 0 ? ["\(rest) more rules of compare apply to nothing"] : [])
  }
}
