private import CSystem
private import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The processes that a program has started and not waited for.
///
/// On Linux this process becomes the parent of those whose own parent has ended. They are
/// recognised by the session that the program led, by a variable that only they have, or by a
/// parent that is one of them. A process that has dropped all three is not found. On other systems
/// only the program's process group is known.
enum ProcessTable {
  struct Entry {
    var process: Int32
    var parent: Int32
    var session: Int32
    var isZombie: Bool
  }

  /// From now on, processes that a child of this process leaves behind become its own children.
  static func adoptOrphans() {
    #if canImport(Glibc)
      _ = system_prctl(SYSTEM_CHILD_SUBREAPER, 1, 0, 0, 0)
    #endif
  }

  /// The processes of the program that led `session`, without the program itself. No other process
  /// can have its number until it has been waited for.
  ///
  /// - Parameters:
  ///   - mark: `NAME=VALUE` of a variable that all of them were given.
  ///   - known: The processes found before. One that has ended no longer shows its variables.
  static func left(by session: Int32, mark: String, known: Set<Int32>) -> [Entry] {
    #if canImport(Glibc)
      let all = entries().filter { $0.process != session }
      let own = getpid()
      var found: [Int32: Entry] = [:]
      for entry in all
      where entry.session == session || known.contains(entry.process)
        || entry.parent == own && !entry.isZombie && hasVariable(mark, of: entry.process)
      { found[entry.process] = entry }
      // A child of one of them belongs to them, too.
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

  /// The processes that have this variable, whoever their parent is.
  static func running(mark: String) -> [Int32] {
    #if canImport(Glibc)
      entries().map(\.process).filter { hasVariable(mark, of: $0) }.sorted()
    #else
      []
    #endif
  }

  /// Waits for the ended processes of `entries` that are children of this process.
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
        // The program's name is in parentheses and may hold any character.
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
