import Foundation

/// A file that a command writes for its user.
enum WrittenFile {
  /// Replaces the file at `path` as a whole, or leaves it as it is.
  static func write(_ text: String, to path: String) throws(CommandFailure) {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw CommandFailure(
        .inputOutput, "\(path): cannot be written: \(error.localizedDescription)")
    }
  }
}
