/// What git knows about a directory.
enum GitFiles {
  /// The paths that git tracks below a directory, including those of its submodules.
  static func tracked(in directory: String) throws(ProgramError) -> [String] {
    let advice =
      "so the inputs have to be named: --input PATH for each file or directory, or --no-input for "
      + "none"
    let answer = ToolAnswer.ask(
      ["git", "ls-files", "-z", "--recurse-submodules"], in: directory, most: 64 << 20, seconds: 60)
    guard let answer else { throw .request(reason: "git does not answer here, \(advice)") }
    guard answer.status == 0 else {
      let words = answer.errors.split(separator: "\n").first.map { " (\($0))" } ?? ""
      throw .request(reason: "git tracks nothing here\(words), \(advice)")
    }
    var paths: [String] = []
    for bytes in answer.output.split(separator: 0) {
      guard let path = String(validating: bytes, as: UTF8.self) else {
        throw .input(
          path: String(decoding: bytes, as: UTF8.self), reason: "its name is not UTF-8")
      }
      paths.append(path)
    }
    guard !paths.isEmpty else { throw .request(reason: "git tracks no file here, \(advice)") }
    return paths
  }

  /// The commit that is checked out, and whether files that git tracks differ from it; nil if there
  /// is no git.
  static func state(of directory: String) -> (commit: String, isDirty: Bool)? {
    guard
      let head = ToolAnswer.ask(
        ["git", "rev-parse", "--verify", "HEAD"], in: directory, most: 1024, seconds: 10),
      head.status == 0,
      let changes = ToolAnswer.ask(
        ["git", "status", "--porcelain", "--untracked-files=no"], in: directory, most: 16 << 20,
        seconds: 60), changes.status == 0
    else { return nil }
    let commit = String(decoding: head.output, as: UTF8.self).prefix { $0.isHexDigit }
    return commit.isEmpty ? nil : (String(commit), !changes.output.isEmpty)
  }
}
