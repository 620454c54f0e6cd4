/// What is neither input nor output unless it is named: caches, and the files of version control
/// and of environments.
package enum DefaultExclusions {
  private static let folders = [
    "__pycache__", ".venv", ".git", ".ipynb_checkpoints", ".pytest_cache",
  ]

  /// The name of the rule by which it is left out; nil if it is not.
  ///
  /// - Parameter name: The last component of its path.
  package static func rule(for name: String) -> String? {
    if folders.contains(name) { return name }
    return name.hasSuffix(".pyc") ? "*.pyc" : nil
  }
}
