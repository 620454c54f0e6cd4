private import CSystem
private import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The processes that a program has started and not waited for.
///
/// On Linux this process becomes the parent of those whose own has ended. They are known by the
/// session that the program led, by a variable that only its processes have, or by a parent that is
/// one of them. One that has taken leave of all three is not found. Elsewhere the program's process
/// group is all there is.
enum ProcessTable {
  struct Entry {
    var process: Int32
    var parent: Int32
    var session: Int32
    var isZombie: Bool
  }

  /// From now on what a child of this process leaves behind becomes a child of this process.
  static func adoptOrphans() {
    #if canImport(Glibc)
      _ = system_prctl(SYSTEM_CHILD_SUBREAPER, 1, 0, 0, 0)
    #endif
  }

  /// Those of the program that led `session`, without itself; none of them can have its number
  /// while it has not been waited for.
  ///
  /// - Parameters:
  ///   - mark: `NAME=VALUE` of a variable that all of them were given.
  ///   - known: Those that were found before; one that has ended shows no variables any more.
  static func left(by session: Int32, mark: String, known: Set<Int32>) -> [Entry] {
    #if canImport(Glibc)
      let all = entries().filter { $0.process != session }
      let own = getpid()
      var found: [Int32: Entry] = [:]
      for entry in all
      where entry.session == session || known.contains(entry.process)
        || entry.parent == own && !entry.isZombie && hasVariable(mark, of: entry.process)
      { found[entry.process] = entry }
      // A child of one of them is one of them.
      var hasMore = !found.isEmpty
      while hasMore {
        hasMore = false
        for entry in all where found[entry.process] == nil && found[entry.parent] != nil {
          found[entry.process] = entry
          hasMore = true
        }
      }
      return found.values.sorted { $0.process < $1.process }
    #else
      return []
    #endif
  }

  /// The processes that have this variable, whosever children they are.
  static func running(mark: String) -> [Int32] {
    #if canImport(Glibc)
      entries().map(\.process).filter { hasVariable(mark, of: $0) }.sorted()
    #else
      []
    #endif
  }

  /// Waits for those of `entries` that are children of this process and have ended.
  static func reap(_ entries: [Entry]) {
    let own = getpid()
    for entry in entries where entry.isZombie && entry.parent == own {
      var status: Int32 = 0
      _ = unsafe waitpid(entry.process, &status, WNOHANG)
    }
  }
}

#if canImport(Glibc)
  extension ProcessTable {
    private static func entries() -> [Entry] {
      ((try? Disk().list("/proc")) ?? [])?.compactMap { name in
        guard name.utf8.first.map({ UInt8(ascii: "1")...UInt8(ascii: "9") ~= $0 }) == true else {
          return nil
        }
        return entry(name)
      } ?? []
    }

    private static func entry(_ name: String) -> Entry? {
      guard let process = Int32(name),
        let bytes = try? FileReading.content(
          of: "/proc/\(name)/stat", limit: 4096, from: .linkedFile),
        // The program's own name stands in parentheses and may hold anything.
        let end = bytes.lastIndex(of: UInt8(ascii: ")"))
      else { return nil }
      let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
      guard fields.count > 4, let parent = Int32(fields[1]), let session = Int32(fields[3]) else {
        return nil
      }
      return Entry(
        process: process, parent: parent, session: session, isZombie: fields[0] == "Z")
    }

    private static func hasVariable(_ mark: String, of process: Int32) -> Bool {
      guard
        let bytes = try? FileReading.content(
          of: "/proc/\(process)/environ", limit: 4 << 20, from: .linkedFile)
      else { return false }
      return bytes.split(separator: 0).contains { $0.elementsEqual(mark.utf8) }
    }
  }
#endif
