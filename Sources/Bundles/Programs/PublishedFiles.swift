package import Archive
import BundleChecks

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// What anybody who has a program's bundle can read in it, except what packing itself wrote.
package struct PublishedFiles {
  package struct File: Sendable, Hashable {
    /// Its path below `data/`.
    package var path: String
    package var bytes: Int
    /// Whether it holds one of the names that were looked for.
    package var isPersonal: Bool
  }

  /// In the order of the bundle.
  package private(set) var files: [File] = []

  /// Reads all of the bundle.
  ///
  /// - Parameter names: Names that would tell of a person or a machine.
  package init(
    of reader: BundleReader, lookingFor names: PersonalNames
  ) throws(BundleError) {
    for path in reader.members {
      guard let name = MemberName(path: path, of: reader.kind), Self.isFromElsewhere(name) else {
        continue
      }
      var search = PersonalNames.Search(names)
      var bytes = 0
      try reader.read(path) { (part) throws(BundleError) in
        search.look(in: part)
        bytes += part.count
      }
      files.append(
        File(path: String(path.dropFirst("data/".count)), bytes: bytes, isPersonal: search.found()))
    }
  }

  private static func isFromElsewhere(_ name: MemberName) -> Bool {
    switch name {
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .inputList,
      .expected, .leftOut, .crate, .preview, .repeats:
      false
    case .config, .program, .outcome, .environment, .metrics, .hashes, .observed, .log, .input,
      .result, .checkpoint:
      true
    }
  }
}

/// The names by which a file tells who made it and where: those of the user, the machine, and the
/// user's home.
package struct PersonalNames: Sendable {
  /// Each text, and whether it is a path, which may begin within a word.
  private let texts: [(bytes: [UInt8], isPath: Bool)]

  /// Names that say nothing, such as `root`, and names of fewer than three bytes are not looked
  /// for.
  package init(user: String, host: String, home: String) {
    let names = Set([user, host, host.split(separator: ".").first.map(String.init) ?? host])
    texts =
      names.filter { $0.utf8.count > 2 && !["root", "localhost", "unknown"].contains($0) }
      .map { (Array($0.utf8), false) }
      + (home.utf8.count > 2 ? [(Array(home.utf8), true)] : [])
  }

  /// Looks for the names in a file that comes in parts.
  struct Search {
    private let names: PersonalNames
    private let longest: Int
    /// The end of what was searched, as a name may lie across two parts. Once there is more before
    /// it, its first byte only tells whether a word begins after it.
    private var rest: [UInt8] = []
    private var start = 0
    private var isFound = false

    init(_ names: PersonalNames) {
      self.names = names
      longest = (names.texts.map(\.bytes.count).max() ?? 0) + 1
    }

    mutating func look(in part: ArraySlice<UInt8>) {
      guard !isFound else { return }
      let bytes = rest + part
      isFound = names.stand(in: bytes, from: start, isWhole: false)
      if bytes.count > longest { start = 1 }
      rest = Array(bytes.suffix(longest))
    }

    /// Whether one of the names was found.
    func found() -> Bool { isFound || names.stand(in: rest, from: start, isWhole: true) }
  }

  /// - Parameter isWhole: Whether nothing follows, so that a name at the very end is complete.
  private func stand(in bytes: [UInt8], from start: Int, isWhole: Bool) -> Bool {
    texts.contains { name in
      var start = start
      while let place = Self.place(of: name.bytes, in: bytes, from: start) {
        let end = place + name.bytes.count
        let begins = name.isPath || place == 0 || !Self.isOfWord(bytes[place - 1])
        let ends = end == bytes.count ? isWhole : !Self.isOfWord(bytes[end])
        if begins && ends { return true }
        start = place + 1
      }
      return false
    }
  }

  private static func place(of name: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    var start = start
    // SAFETY: the pointer is used within the closure, for as many bytes as the array has.
    return unsafe bytes.withUnsafeBytes { bytes -> Int? in
      while start + name.count <= bytes.count, let base = bytes.baseAddress,
        let found = unsafe memchr(base + start, Int32(name[0]), bytes.count - start)
      {
        let place = unsafe UnsafeRawPointer(found) - base
        if unsafe bytes[place...].starts(with: name) { return place }
        start = place + 1
      }
      return nil
    }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}
