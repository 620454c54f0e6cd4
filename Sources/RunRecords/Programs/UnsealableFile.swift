/// A file that a program wrote and that no bundle can hold: because of its name or its size, or
/// because it cannot lie beside another one.
///
/// It stays in the run's directory, but is no result. No list has it, and it is never compared.
public struct UnsealableFile: Sendable, Hashable {
  /// The path in the record: `results/out/é.txt`.
  public var path: String
  /// A clause: "it is not printable ASCII alone".
  public var reason: String

  /// The most bytes of a program's file in a bundle: the most that eleven octal digits can state.
  public static let largestSize = Int(clamping: Int64(1) << 33 - 1)

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

extension UnsealableFile {
  private static let folder = "results/"

  /// Those results of a run that no bundle can hold. Those with a bad name or size come first, in
  /// the order of `results`.
  ///
  /// - Parameter results: The paths in the record, all below `results/`.
  /// - Complexity: O(n log n) in the bytes of all paths.
  public static func find(
    among results: some Sequence<(path: String, size: Int)>
  ) -> [UnsealableFile] {
    var found: [UnsealableFile] = []
    var rest: [String] = []
    for (path, size) in results {
      precondition(path.utf8.starts(with: folder.utf8), "\(path) is not below \(folder)")
      let name = String(decoding: path.utf8.dropFirst(folder.utf8.count), as: UTF8.self)
      if let fault = SealedName.fault(in: name) {
        found.append(UnsealableFile(path: path, reason: fault))
      } else if size > largestSize {
        found.append(UnsealableFile(path: path, reason: "it has 8 GiB or more"))
      } else {
        rest.append(path)
      }
    }
    for (kept, other) in SealedName.foldedDuplicates(rest) {
      found.append(UnsealableFile(path: other, reason: "it cannot lie beside \(kept)"))
    }
    return found
  }

  /// A pattern that matches the path, for `pack --exclude`. A pattern is ASCII, so `?` stands for
  /// each other byte. The end of a long path is left open.
  public var pattern: String {
    var text = ""
    for byte in path.utf8 {
      text.unicodeScalars.append(byte >= 0x20 && byte < 0x7f ? Unicode.Scalar(byte) : "?")
    }
    guard text.utf8.count > PathPattern.largestSize else { return text }
    return String(decoding: text.utf8.prefix(PathPattern.largestSize - 2), as: UTF8.self) + "**"
  }
}

extension UnsealableFile: CustomStringConvertible {
  public var description: String { "\(path): \(reason)" }
}
