/// What is no input and no output unless it is named: caches, and the files of version control and
/// of environments.
package enum DefaultExclusions {
  private static let folders = [
    "__pycache__", ".venv", ".git", ".ipynb_checkpoints", ".pytest_cache",
  ]

  /// The name under which it is left out; nil where it is not.
  ///
  /// - Parameter name: The last part of its path.
  package static func rule(for name: String) -> String? {
    if folders.contains(name) { return name }
    return name.hasSuffix(".pyc") ? "*.pyc" : nil
  }
}
