import Digests
private import Files
internal import RunRecords

/// The shared objects and programs whose code a process has mapped, found by looking while it runs.
///
/// Linux only. A process that ends before the first look shows none.
struct LoadedLibraries {
  private var paths: Set<String> = []
  private var nextLook = 0.02

  /// Looks at the process. Looks become rarer, as most libraries are loaded at the beginning.
  mutating func look(at process: Int32, after seconds: Double) {
    guard seconds >= nextLook else { return }
    nextLook = max(nextLook * 2, seconds + 0.02)
    if nextLook > 60 { nextLook = seconds + 60 }
    guard
      let maps = try? FileReading.content(
        of: "/proc/\(process)/maps", limit: 16 << 20, from: .linkedFile)
    else { return }
    for line in maps.split(separator: UInt8(ascii: "\n")) {
      // "7f…-7f… r-xp 00000000 fe:00 1234   /usr/lib/libm.so.6"
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      guard fields.count == 6, fields[1].dropFirst(2).first == UInt8(ascii: "x") else { continue }
      let path = String(decoding: fields[5].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
      if path.hasPrefix("/") && !path.hasSuffix(" (deleted)") { paths.insert(path) }
    }
  }

  /// The digests by file name. If several files have the same name, they are numbered in the order
  /// of their paths. Folders are not recorded, as they may name the user.
  func digests() -> [CanonicalJSON.Key: CanonicalJSON] {
    var digests: [CanonicalJSON.Key: CanonicalJSON] = [:]
    for path in paths.sorted() {
      guard let digest = try? InputStaging.digest(of: path) else { continue }
      let name = PathParts.split(path).name
      var key = CanonicalJSON.Key(name)
      var number = 1
      while digests[key] != nil {
        number += 1
        key = CanonicalJSON.Key("\(name) (\(number))")
      }
      digests[key] = .string(digest.hex)
    }
    return digests
  }
}
