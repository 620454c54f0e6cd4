import Foundation

/// A directory that lasts as long as the value.
package final class TemporaryDirectory: Sendable {
  package let path: String

  package init() {
    path = NSTemporaryDirectory() + "regrok-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file below the directory, and the directories it lies in.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) -> String {
    let file = path + "/" + name
    try! FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  package func read(_ name: String) -> [UInt8] {
    Array(try! Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }
}
