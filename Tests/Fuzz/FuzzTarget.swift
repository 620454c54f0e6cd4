import Configs
import Foundation
import RunRecords
import TestSupport

@testable import Archive
@testable import ArchiveFiles
@testable import Bundles

/// A reader of what strangers send, and what must hold for every input. A reader may refuse an
/// input; the compiler ensures that it does so with the error it declares. If a promise is broken
/// it traps, which libFuzzer takes for a crash.
enum FuzzTarget: String, CaseIterable {
  case json, config, yaml, safetensors, trace, lists, signature, statement, tar, frame, bundle,
    archive, records, renderers, directory, plan, claims, table, program, files, programBundle,
    programDirectory

  func test(_ input: [UInt8]) {
    switch self {
    case .json: Self.json(input)
    case .config: Self.config(input)
    case .yaml: Self.yaml(input)
    case .safetensors: Self.safetensors(input)
    case .trace: Self.trace(input)
    case .lists: Self.lists(input)
    case .signature: Self.signature(input)
    case .statement: Self.statement(input)
    case .tar: Self.tar(input)
    case .frame: Self.frame(input)
    case .bundle: Self.bundle(input)
    case .archive: Self.archive(input)
    case .records: Self.records(input)
    case .renderers: Self.renderers(input)
    case .directory: Self.directory(input)
    case .plan:
      Self.plan(input)
      Self.programPlan(input)
    case .claims: Self.claims(input)
    case .table: Self.table(input)
    case .program: Self.program(input)
    case .files: Self.files(input)
    case .programBundle: Self.programBundle(input)
    case .programDirectory: Self.programDirectory(input)
    }
  }

  static let runID = "0123456789abcdef"
}

// MARK: Records

extension FuzzTarget {
  /// JSON that is read gives back the same text.
  private static func json(_ input: [UInt8]) {
    attemptRecord { () throws(RecordError) in
      let json = try CanonicalJSON(canonical: input)
      precondition(json.utf8 == input, "another text")
    }
  }

  /// The same for a config, whose sizes are also bounded.
  private static func config(_ input: [UInt8]) {
    attemptRecord { () throws(RecordError) in
      let spec = try RunSpec(json: try CanonicalJSON(canonical: input))
      precondition(spec.canonicalJSON.utf8 == input, "another config")
      check(spec)
    }
  }

  /// A config that people wrote has a canonical form, from which the same config is read.
  private static func yaml(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    attemptRecord { () throws(RecordError) in
      let spec = try RunSpec(yaml: text, file: "c.yaml")
      let again = try? RunSpec(json: try CanonicalJSON(canonical: spec.canonicalJSON.utf8))
      precondition(again == spec, "the canonical form is of another config")
      check(spec)
    }
  }

  private static func check(_ spec: RunSpec) {
    precondition(spec.parameterCount <= 1 << 26 && spec.maxSteps <= 1 << 31, "not bounded")
  }

  private static func safetensors(_ input: [UInt8]) {
    attemptRecord { () throws(RecordError) in
      let checkpoint = try Safetensors.decode(input, runID: runID, numerics: 1)
      let again = Safetensors.encode(checkpoint, runID: runID, numerics: 1)
      precondition(again == input, "another file")
    }
    let checkpoint = try? Safetensors.decode(input)
    let slice = ([0] + input).dropFirst()
    precondition(checkpoint?.hashes == (try? Safetensors.hashes(of: slice)), "other digests")
  }

  /// Both files, one after the other in the input.
  private static func trace(_ input: [UInt8]) {
    let text = Data(input)
    let cut = text.range(of: Data("step,p".utf8))?.lowerBound ?? input.count / 2
    let (metrics, hashes) = (Array(input[..<cut]), Array(input[cut...]))
    attemptRecord { () throws(RecordError) in
      let trace = try Trace(metricsCSV: metrics, hashesCSV: hashes)
      precondition(trace.metricsCSV == metrics && trace.hashesCSV == hashes, "another trace")
    }
  }

  /// Lists of digests by path, and `bag-info.txt`.
  private static func lists(_ input: [UInt8]) {
    if let manifest = Manifest(bytes: input) {
      precondition(manifest.bytes == input, "another list")
    }
    attempt { () throws(BundleError) in
      let info = try Bag.Info(bytes: input)
      precondition(info.bytes == input, "another bag-info.txt")
    }
  }

  private static func signature(_ input: [UInt8]) {
    _ = SignatureArmor.fault(input, in: .bundle)
    _ = try? SignatureArmor.key(in: input, of: .replay)
  }

  /// A statement on a replay that is read gives back the same text.
  private static func statement(_ input: [UInt8]) {
    attemptRecord { () throws(RecordError) in
      let statement = try ReplayStatement(canonical: input)
      precondition(statement.json.utf8 == input, "another statement")
      let count = statement.differences.count
      precondition(
        count <= ReplayStatement.mostDifferences && count <= statement.differing, "not bounded")
    }
  }
}

// MARK: The archive

extension FuzzTarget {
  /// From the members of an accepted archive the writer makes the same bytes, and libarchive reads
  /// the same members.
  private static func tar(_ input: [UInt8]) {
    let members = Members()
    attempt { () throws(BundleError) in
      var tar = TarReader()
      for start in stride(from: 0, to: input.count, by: 700) {
        try tar.feed(Array(input[start..<min(start + 700, input.count)]), to: members)
      }
      try tar.finish()
      var again: [UInt8] = []
      for (header, bytes) in members.all {
        again += header.block + BundleForge.padded(bytes)
      }
      precondition(again + BundleForge.end == input, "another archive")
      precondition(libarchiveAgrees(input, members.all), "libarchive reads it otherwise")
    }
  }

  private static func libarchiveAgrees(
    _ input: [UInt8], _ members: [(header: TarHeader, bytes: [UInt8])]
  ) -> Bool {
    var isRead = false
    var position = 0
    let reader = LibarchiveReader(largestPart: input.count) {
      defer { isRead = true }
      return isRead ? nil : input
    }
    do throws(BundleError) {
      // The reader compares the bytes itself.
      let count = try reader.read { (index, member) throws(BundleError) in
        let header = members[index].header
        precondition(header.name == member.name && header.size == member.size, "\(member.name)")
        defer { position += header.storedSize }
        return position + TarHeader.blockSize
      }
      return count == members.count
    } catch {
      return false
    }
  }

  /// Four bytes with the size of the content, then a frame; this is sealed.
  private static func frame(_ input: [UInt8]) {
    guard input.count > 4 else { return }
    let content = Int(UInt32(littleEndian: input, at: 0) & 0x7f_ffff)
    let frame = Array(input.dropFirst(4))
    precondition(!verifies(BundleForge.bundle(frames: [(frame, content)])), "one frame is none")
  }

  /// A file as it is; a valid seal does not come about by accident.
  private static func bundle(_ input: [UInt8]) {
    precondition(!verifies(input) || Seeds.bundles.contains(input), "an unsealed file is accepted")
  }

  /// An archive that is cut, compressed and sealed as by the writer, so that all checks behind the
  /// seal are reached.
  private static func archive(_ input: [UInt8]) {
    var parts: [[UInt8]] = []
    var names: [String] = []
    var rest = input[...]
    while let (name, stored) = roughHeader(of: rest), names.count < 1000 {
      parts.append(Array(rest.prefix(stored)))
      names.append(String(name.drop { $0 != "/" }.dropFirst()))
      rest = rest.dropFirst(stored)
    }
    parts.append(Array(rest))
    // Digests fix everything except README, preview and environment. What is accepted has exactly
    // the members' bytes.
    _ = verifies(BundleForge.bundle(tar: parts, names: names))
  }

  /// Takes an archive apart. Its members replace those of a sound bundle, and the lists of digests
  /// are recomputed, so that all checks behind the digests are reached.
  private static func records(_ input: [UInt8]) {
    var forge = Seeds.forge
    var rest = input[...]
    while let (name, stored) = roughHeader(of: rest) {
      let path = String(name.drop { $0 != "/" }.dropFirst())
      if let index = forge.files.firstIndex(where: { $0.path == path }) {
        let size = min(roughSize(of: rest), rest.count - TarHeader.blockSize)
        forge.files[index].bytes = Array(rest.dropFirst(TarHeader.blockSize).prefix(size))
      }
      rest = rest.dropFirst(stored)
    }
    guard forge[text: "bag-info.txt"].split(separator: "\n").count > 3 else { return }
    forge.relist()
    let bytes = forge.bytes
    guard verifies(bytes) else { return }
    // It was accepted, so every member must be returned unchanged.
    attempt { () throws(BundleError) in
      let reader = try BundleReader(path: Self.path)
      precondition(reader.members == forge.files.map(\.path), "other members")
      for path in reader.members {
        let isSame = try reader.read(path) == forge[path]
        precondition(isSame, "another \(path)")
      }
      let trace = try reader.trace()
      precondition(trace.metricsCSV == forge["data/trace/metrics.csv"], "another trace")
      for step in reader.checkpointSteps { _ = try reader.checkpoint(step: step) }
    }
  }

  /// Reads what may be a header: its name, and the bytes up to the next header; nil if there is
  /// none.
  static func roughHeader(of rest: ArraySlice<UInt8>) -> (name: String, stored: Int)? {
    guard rest.count >= TarHeader.blockSize, rest.first != 0 else { return nil }
    let name = String(decoding: rest.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
    return (name, TarHeader.blockSize + TarHeader.padded(roughSize(of: rest)))
  }

  static func roughSize(of rest: ArraySlice<UInt8>) -> Int {
    let digits = String(decoding: rest.dropFirst(124).prefix(11), as: UTF8.self)
    return min(Int(digits, radix: 8).map { max(0, $0) } ?? 0, 1 << 20)
  }
}

/// Collects all members.
private final class Members: TarVisitor {
  private(set) var all: [(header: TarHeader, bytes: [UInt8])] = []

  func begin(_ header: TarHeader) throws(BundleError) { all.append((header, [])) }
  func content(_ part: ArraySlice<UInt8>) throws(BundleError) { all[all.count - 1].bytes += part }
  func end() throws(BundleError) {}
}

// MARK: Judging

extension FuzzTarget {
  private static let folder = TemporaryDirectory()
  static let path = folder.path + "/b"

  static func verifies(_ bytes: [UInt8]) -> Bool {
    folder.write(bytes, to: "b")
    var isSound = false
    attempt { () throws(BundleError) in
      _ = try BundleReader(path: path).verify()
      isSound = true
    }
    return isSound
  }

  /// Runs `body`; its error must be one line that is safe in a terminal.
  static func attempt(_ body: () throws(BundleError) -> Void) {
    do throws(BundleError) {
      try body()
    } catch {
      precondition(isPlain(error.description), "a message is not plain")
      if case .inputOutput = error { preconditionFailure("\(error)") }
    }
  }

  /// The same for a body that throws several kinds of errors.
  static func attemptAny(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      precondition(!"\(error)".isEmpty && !"\(error)".contains("\n"), "a message is not plain")
    }
  }

  /// The same for a record, whose error is passed on in a bundle's error.
  static func attemptRecord(_ body: () throws(RecordError) -> Void) {
    do throws(RecordError) {
      try body()
    } catch {
      let said = BundleError.damaged(.json, member: "", detail: error.description)
      precondition(isPlain(said.description), "a message is not plain")
    }
  }

  private static func isPlain(_ line: String) -> Bool {
    line.utf8.allSatisfy { (0x20...0x7e).contains($0) }
  }
}
