import Digests
import Foundation
import RunRecords
import Testing

@testable import Archive
@testable import Bundles

/// Archives of a program's run with names, headers and cuts that the format does not allow.
@Suite struct HostileProgramArchiveTests {
  private static let forge = try! BundleForge(
    try! SampleProgram(outputs: SampleProgram.outputs.merging([long: [1]]) { a, _ in a }))
  /// This name needs both name fields of a header.
  private static let long =
    "results/out/"
    + ["d", "e", "f"].map { String(repeating: $0, count: 40) }
    .joined(separator: "/")

  /// The error after files have been added and listed as results.
  private func error(adding paths: String...) -> BundleError? {
    var forge = Self.forge
    for path in paths {
      forge.insert("data/" + path, [1])
      if path.hasPrefix("results/") { forge.expect(path, Digest(of: [1])) }
    }
    forge.relist()
    return BundleForge.error(forge.bytes)
  }

  @Test func theForgedBundleIsSound() {
    #expect(error() == nil)
    #expect(error(adding: "results/out/.hydra/x", "results/work/a b") == nil)
  }

  // MARK: Names

  @Test(arguments: [
    "results/../x", "results/out/../../../x", "results/./x", "results//x", "results/",
    "results/.git",
    "results/out/.git/config", "results/out/.GIT/config", "results/a\\b", "results/a:b",
    "results/a*", "results/a?", "results/\"a\"", "results/<a>", "results/a|b", "results/a%20b",
    "results/a.", "results/a./b", "results/a ", "results/ a", "results/...", "inputs/../../x",
    "inputs/.git/hooks/x", "inputs/", "checkpoints/x", "checkpoints/../x", "data/x",
    "checkpoints/step-1.safetensors", "checkpoints/step-00000030.SAFETENSORS", "run.json", "lock",
    "config.json", "trace/more.csv", "results", "inputs", "execute", "hooks/x",
  ])
  func aNameThatIsNoneIsRefused(path: String) {
    let error = error(adding: path)
    // A name that is cut at a slash may also be the folder of another file.
    #expect([.name, .manifest, .duplicate].contains(error?.reason), "\(String(describing: error))")
    var forge = Self.forge
    forge.files.append(("data/" + path, []))
    #expect(BundleForge.reason(forge.bytes) == .name)
  }

  @Test func aNameOutsideItsRootIsRefused() {
    for name in ["../x", "/etc/passwd", "0123456789abcdef/data/results/out/x", "x", ""] {
      var entries = Self.forge.entries
      let last = Self.forge.files.last!
      entries[entries.count - 1] =
        TarHeader(name: name, size: last.bytes.count).block + BundleForge.padded(last.bytes)
      let error = BundleForge.error(Self.forge.bundle(entries: entries))
      #expect(error?.reason == .name, "\(name): \(String(describing: error))")
    }
  }

  @Test func namesThatFoldToOneAreRefused() {
    #expect(error(adding: "results/out/TABLE.csv")?.reason == .duplicate)
    // With the very same name twice, the manifest is not a valid list.
    #expect(error(adding: "results/out/table.csv")?.reason == .manifest)
    #expect(error(adding: "results/OUT/table.csv")?.reason == .duplicate)
    #expect(error(adding: "results/out/a", "results/out/A")?.reason == .duplicate)
  }

  @Test func aFileIsNoFolder() {
    #expect(error(adding: "results/out/table.csv/x")?.reason == .duplicate)
    #expect(error(adding: "results/out/Table.CSV/x")?.reason == .duplicate)
    #expect(error(adding: "results/out/a/b", "results/out/a")?.reason == .duplicate)
    #expect(error(adding: "results/out/a-b", "results/out/a", "results/out/a.b") == nil)
  }

  /// A file that is left out may be computed again and put beside the others.
  @Test func whatIsLeftOutCanLieBesideTheOthers() {
    for path in ["results/out/TABLE.csv", "results/out/table.csv/x", "results/work"] {
      var forge = Self.forge
      forge.expect(path, Digest(of: [1]))
      forge.leaveOut {
        $0.entries[.init(path)] = .init(bytes: 1, digest: Digest(of: [1]), reason: .excluded)
      }
      forge.relist()
      let error = BundleForge.error(forge.bytes)
      #expect(error?.reason == .duplicate, "\(path): \(String(describing: error))")
    }
  }

  // MARK: Order

  @Test func membersComeInTheirOrder() {
    let files = Self.forge.files
    for index in files.indices.dropLast() {
      var forge = Self.forge
      forge.files.swapAt(index, index + 1)
      let error = BundleForge.error(forge.bytes)
      // Depending on the members, the manifest or the names may be refused first.
      #expect(
        [.order, .manifest, .name].contains(error?.reason),
        "\(files[index].path): \(String(describing: error))")
    }
    var forge = Self.forge
    forge.files.swapAt(files.count - 1, files.count - 2)
    forge.relist()
    #expect(BundleForge.reason(forge.bytes) == .order)
    forge = Self.forge
    let notes = forge.files.firstIndex { $0.path == "data/results/work/notes.txt" }!
    forge.files.insert(forge.files.remove(at: notes), at: notes - 1)
    forge.relist()
    #expect(BundleForge.reason(forge.bytes) == .order)
  }

  // MARK: Headers

  /// The error after `edit` has changed the header of a member; its checksum is corrected.
  private func error(_ path: String, header edit: (inout [UInt8]) -> Void) throws -> BundleError? {
    let index = try #require(Self.forge.files.firstIndex { $0.path == "data/" + path })
    var entries = Self.forge.entries
    edit(&entries[index])
    entries[index].replaceSubrange(148..<156, with: Array(repeating: UInt8(ascii: " "), count: 8))
    let sum = entries[index].prefix(512).reduce(0) { $0 + Int($1) }
    let octal = String(sum, radix: 8)
    entries[index].replaceSubrange(
      148..<156, with: (String(repeating: "0", count: 6 - octal.count) + octal + "\0 ").utf8)
    return BundleForge.error(Self.forge.bundle(entries: entries))
  }

  private func put(_ text: String, _ offset: Int, _ size: Int, _ header: inout [UInt8]) {
    let field = Array(text.utf8) + Array(repeating: 0, count: size - text.utf8.count)
    header.replaceSubrange(offset..<offset + size, with: field)
  }

  @Test func aNameHasOneFormInAHeader() throws {
    #expect(try error(Self.long) { _ in } == nil)
    // A name that fits the first field is not split.
    let short = "results/out/table.csv"
    let root = Self.forge.root
    #expect(
      try error(short) {
        put("table.csv", 0, 100, &$0)
        put("\(root)/data/results/out", 345, 155, &$0)
      }?.reason == .metadata)
    // A long name is split at the leftmost slash that fits, and nowhere else.
    let parts = ["d", "e", "f"].map { String(repeating: $0, count: 40) }
    #expect(
      try error(Self.long) {
        put(parts[2], 0, 100, &$0)
        put("\(root)/data/results/out/\(parts[0])/\(parts[1])", 345, 155, &$0)
      }?.reason == .metadata)
    // Bytes after the end of a field, and other bytes within it.
    #expect(try error(Self.long) { $0[499] = 1 }?.reason == .metadata)
    #expect(try error(Self.long) { $0[500] = 1 }?.reason == .metadata)
    #expect(try error(short) { $0[345] = UInt8(ascii: "x") }?.reason == .metadata)
    #expect([.metadata, .name].contains(try error(Self.long) { $0[346] = 0x1b }?.reason))
    #expect(
      [.metadata, .name].contains(try error(Self.long) { $0[345] = UInt8(ascii: "/") }?.reason))
    // Links, devices and directories.
    for type in "123456gxLKS" {
      #expect(try error(short) { put(String(type), 156, 1, &$0) }?.reason == .type)
    }
    // The list of inputs records the executable bit, so the header must not.
    #expect(
      try error("inputs/tools/prepare.sh") { put("0000755", 100, 8, &$0) }?.reason == .metadata)
  }

  /// The first format has no long names.
  @Test func aTrainersBundleHasNoLongNames() throws {
    var trainer = try BundleForge()
    trainer.files.append((Self.long, []))
    #expect(BundleForge.reason(trainer.bytes) == .metadata)
  }

  // MARK: Cuts

  @Test func anotherCutIsRefused() throws {
    let mebibyte = 1 << 20
    let program = try SampleProgram(
      inputs: [.init("a", Array(repeating: 1, count: mebibyte)), .init("b", [1])],
      outputs: [
        "results/out/a": [1], "results/out/b": Array(repeating: 2, count: mebibyte - 1),
        "results/out/c": Array(repeating: 3, count: mebibyte),
        "results/out/d": Array(repeating: 4, count: 5 * mebibyte), "results/out/e": [],
        "checkpoints/step-00000000.safetensors": [1], "checkpoints/step-00000001.safetensors": [2],
      ])
    let forge = try BundleForge(program)
    #expect(BundleForge.error(forge.bytes) == nil)
    let sizes = forge.framePlan.frames
    // Head, metrics, observed, log, input `a`, results, `c`, `d` (twice), checkpoints.
    #expect(sizes.count == 10)
    let tar = Array(forge.entries.joined()) + BundleForge.end
    func cut(_ sizes: [Int]) -> BundleError? {
      var rest = tar[...]
      return BundleForge.error(
        BundleForge.bundle(
          contents: sizes.map { size in
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
          }))
    }
    #expect(cut(sizes) == nil)
    for index in sizes.indices.dropLast() {
      var joined = sizes
      joined[index] += joined.remove(at: index + 1)
      let reason = cut(joined)?.reason
      // A piece longer than a frame may be is refused for its size.
      #expect(reason == (joined[index] > 4 << 20 ? .size : .seekTable), "\(index)")
      for move in [512, -512] where sizes[index] + move <= 4 << 20 {
        var moved = sizes
        moved[index] += move
        moved[index + 1] -= move
        guard moved[index + 1] <= 4 << 20 else { continue }
        #expect(cut(moved)?.reason == .seekTable, "\(index), \(move)")
      }
    }
    for index in sizes.indices where sizes[index] > 512 {
      var parted = sizes
      parted[index] -= 512
      parted.insert(512, at: index + 1)
      #expect(cut(parted)?.reason == .seekTable, "\(index)")
    }
  }

  // MARK: Damage

  private static let small: [UInt8] = {
    let program = try! SampleProgram(
      inputs: [.init("a", [1])], outputs: ["results/out/b": [2], "results/out/c.png": [3]])
    return try! BundleForge(program).bytes
  }()

  @Test func everyTruncationIsRefused() { EveryByte(of: Self.small).expectTruncationsRefused() }

  /// One bit of every fifth byte, because its neighbours are checked in the same way. A release
  /// build flips all eight bits of every byte.
  @Test func everyFlippedBitIsRefused() throws {
    try EveryByte(of: Self.small).expectFlipsRefused(stepWhenSlow: 5)
  }

  /// A bundle is opened to read one file. Its small files are sound, and what follows them is not.
  @Test func whatIsReadAloneIsCheckedAgainstTheManifest() throws {
    let directory = TemporaryDirectory()
    let path = "data/results/out/table.csv"
    var forge = Self.forge
    forge[path][0] ^= 1
    let reader = try BundleReader(path: directory.write(forge.bytes, to: "b"))
    #expect(#expect(throws: BundleError.self) { try reader.read(path) }?.reason == .manifest)
    let parts = #expect(throws: BundleError.self) { try reader.read(path) { _ in } }
    #expect(parts?.reason == .manifest)
    let run = try RecordedProgram(reader)
    let error = #expect(throws: BundleError.self) { try run.read("results/out/table.csv") { _ in } }
    #expect(error?.reason == .manifest)
    // A file that is listed but missing.
    forge = Self.forge
    forge.files.removeLast()
    let shorter = try BundleReader(path: directory.write(forge.bytes, to: "c"))
    #expect(
      #expect(throws: BundleError.self) { try RecordedProgram(shorter) }?.reason == .manifest)
  }

  @Test func aLimitAcceptsWhatIsAtItAndRefusesOnePast() {
    func largest(_ paths: String...) -> Int { paths.map { Self.forge[$0].count }.max()! }
    let files = Self.forge.files.filter {
      $0.path.hasPrefix("data/inputs/") || $0.path.hasPrefix("data/results/")
        || $0.path.hasPrefix("data/checkpoints/")
    }
    let limits: [(WritableKeyPath<BundleLimits, Int>, Int)] = [
      (\.members, Self.forge.files.count),
      (\.tagFile, largest("bag-info.txt", "tagmanifest-sha256.txt")),
      (
        \.manifest,
        largest(
          "manifest-sha256.txt", "data/expected-sha256.txt", "data/inputs-sha256.txt",
          "data/left-out.json")
      ),
      (
        \.document,
        largest(
          "data/README.md", "data/program.json", "data/outcome.json", "data/environment.json",
          "data/ro-crate-preview.html")
      ), (\.crate, largest("data/ro-crate-metadata.json")), (\.log, largest("data/log.txt")),
      (\.repeats, largest("data/repeats.json")),
      (\.trace, largest("data/trace/metrics.csv", "data/trace/observed.csv")),
      (\.file, files.map(\.bytes.count).max()!),
    ]
    for (limit, value) in limits {
      var limits = BundleLimits()
      limits[keyPath: limit] = value
      let error = BundleForge.error(Self.forge.bytes, limits: limits)
      #expect(error == nil, "\(limit): \(String(describing: error))")
      limits[keyPath: limit] = value - 1
      let reason = BundleForge.reason(Self.forge.bytes, limits: limits)
      #expect(reason == (limit == \.members ? .count : .size), "\(limit)")
    }
  }
}
