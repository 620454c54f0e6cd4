/// The names that a file of a program's run can have in a bundle. Every system must be able to
/// unpack it under that name.
///
/// A name is printable ASCII without `\ : * ? " < > | %`. No component is empty, `.`, `..` or
/// `.git`, ends with a dot or a space, or begins with a space. The name fits the header of a tar
/// archive. No two names are the same to a file system that ignores case.
public enum SealedName {
  /// The longest text before a path in an archive: the bundle's own directory and the longest of
  /// its folders.
  private static let longestFolder = "0123456789abcdef-01234567/data/results/work/"

  /// The most bytes of the last component, and of all components before it.
  private static let (nameField, prefixField) = (100, 155)

  /// Why a file cannot be sealed under this path, as a clause: "it has a backslash". Nil if it can.
  ///
  /// - Parameter path: Below the folder of inputs, results or checkpoints. Components are separated
  ///   by slashes.
  public static func fault(in path: String) -> String? {
    if path.isEmpty { return "it is empty" }
    for byte in path.utf8 {
      guard byte >= 0x20 && byte < 0x7f else { return "it is not printable ASCII alone" }
      if #"\:*?"<>|%"#.utf8.contains(byte) {
        return "it has the character \(Character(Unicode.Scalar(byte)))"
      }
    }
    for component in path.split(separator: "/", omittingEmptySubsequences: false) {
      if let fault = fault(inComponent: component) { return fault }
    }
    return fitsHeader(longestFolder + path) ? nil : "it is too long for a tar archive"
  }

  private static func fault(inComponent component: Substring) -> String? {
    switch component.lowercased() {
    case "": return "it begins or ends with a slash, or has two in a row"
    case ".", "..", ".git": return "a part of it is \(component)"
    default: break
    }
    if component.hasSuffix(".") { return "a part of it ends with a dot" }
    if component.hasSuffix(" ") || component.hasPrefix(" ") {
      return "a part of it begins or ends with a space"
    }
    return nil
  }

  /// Whether a slash can divide it into the two fields of POSIX ustar.
  private static func fitsHeader(_ path: String) -> Bool {
    let bytes = Array(path.utf8)
    return bytes.count <= nameField
      || bytes.indices.contains { index in
        bytes[index] == UInt8(ascii: "/") && index <= prefixField
          && bytes.count - index - 1 <= nameField
      }
  }

  /// Pairs of paths that cannot lie side by side on a file system that ignores case: paths that are
  /// the same there, and a file with the same path as another file's directory. Sorted; empty if
  /// there are none. Without the second path of each pair, the others can lie side by side.
  ///
  /// - Complexity: O(n log n) in the bytes of all paths.
  public static func foldedDuplicates(_ paths: some Sequence<String>) -> [(String, String)] {
    // A slash sorts below every other byte of a name, so a directory's files follow directly after
    // it.
    func key(_ path: String) -> [UInt8] {
      path.lowercased().utf8.map { $0 == UInt8(ascii: "/") ? 0 : $0 }
    }
    let sorted = paths.map { (key: key($0), path: $0) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    var pairs: [(String, String)] = []
    var last: (key: [UInt8], path: String)?
    for entry in sorted {
      if let last, entry.key == last.key || entry.key.starts(with: last.key + [0]) {
        pairs.append((last.path, entry.path))
      } else {
        last = entry
      }
    }
    return pairs
  }
}
