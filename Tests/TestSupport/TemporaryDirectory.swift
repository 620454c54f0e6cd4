import Foundation

/// A directory that exists as long as the value.
package final class TemporaryDirectory: Sendable {
  package let path: String

  package init() {
    path = NSTemporaryDirectory() + "regrok-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file below the directory, and makes the folders it needs.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String) -> String {
    let file = path + "/" + name
    try! FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// Makes an SSH key in the directory; returns its path and the line that allows `name` to sign
  /// with it.
  package func makeKey(
    _ name: String, type: String = "ed25519"
  ) throws -> (key: String, line: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", path + "/" + name,
    ]
    try process.run()
    process.waitUntilExit()
    return (path + "/" + name, "\(name) \(String(decoding: read(name + ".pub"), as: UTF8.self))")
  }

  package func read(_ name: String) -> [UInt8] {
    Array(try! Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }
}
