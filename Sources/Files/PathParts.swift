/// Takes paths apart, and names what is still being made.
package enum PathParts {
  /// The directory of a path ("." if it names none) and its last component.
  package static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.utf8.index(after: slash)...]))
  }

  /// The longest name that file systems accept, in bytes.
  private static let longestName = 255

  /// The name under which `name` is made: `.name.partial`. If that is too long for a file system,
  /// it is the beginning of the name and a digest of the whole name. The same name always gives the
  /// same result, so that what a killed process left is found.
  package static func partialName(of name: String) -> String {
    let whole = "." + name + ".partial"
    guard whole.utf8.count > longestName else { return whole }
    // 64-bit FNV-1a. It need not be secure: a lock decides which process has the name.
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let hex = String(digest, radix: 16)
    let end = "-" + String(repeating: "0", count: 16 - hex.count) + hex + ".partial"
    var start = "."
    for character in name.unicodeScalars {
      let next = start.utf8.count + UTF8.width(character)
      if next + end.utf8.count > longestName { break }
      start.unicodeScalars.append(character)
    }
    return start + end
  }
}
