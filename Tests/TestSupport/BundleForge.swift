import Digests
import Foundation
package import RunRecords

@testable package import Archive
@testable import ArchiveFiles
@testable import BundleChecks
@testable import Bundles

/// Makes bundles that the writer would never write: sound except for what a test changes.
package struct BundleForge {
  /// Files by their path below the root, in the order of the archive.
  package var files: [(path: String, bytes: [UInt8])]
  package var root: String
  package let kind: RunKind

  package init(
    files: [(path: String, bytes: [UInt8])], root: String, kind: RunKind = .trainer
  ) {
    self.files = files
    self.root = root
    self.kind = kind
  }

  /// The bundle of a run, as the writer would make it.
  package init(_ run: SampleRun = SampleRun(), thin: Bool = false) throws {
    let directory = TemporaryDirectory()
    try self.init(packing: run.write(to: directory), in: directory, thin: thin)
  }

  /// The bundle of a run directory, as the writer would make it.
  init(
    packing run: String, in directory: TemporaryDirectory, thin: Bool,
    excluding excluded: [PathPattern] = []
  ) throws {
    let path = directory.path + "/b"
    try BundleWriter.pack(runDirectory: run, to: path, thin: thin, excluding: excluded)
    let reader = try BundleReader(path: path)
    self.init(
      files: try reader.members.map { ($0, try reader.read($0)) }, root: reader.runID,
      kind: reader.kind)
  }

  package subscript(path: String) -> [UInt8] {
    get { files.first { $0.path == path }!.bytes }
    set { files[files.firstIndex { $0.path == path }!].bytes = newValue }
  }

  package subscript(text path: String) -> String {
    get { String(decoding: self[path], as: UTF8.self) }
    set { self[path] = Array(newValue.utf8) }
  }

  /// Recomputes the root, the lists of digests and the Payload-Oxum from the files, so that only
  /// what a test changed is wrong. For a program's run it also remakes the crate, unless
  /// `keepingCrate`.
  package mutating func relist(keepingCrate: Bool = false) {
    root = String(Digest(of: self[record]).hex.prefix(16))
    let expected = Manifest(bytes: self["data/expected-sha256.txt"])
    let results = (expected?.entries ?? []).map { entry in
      let file = files.first { $0.path == "data/" + entry.path }
      return Manifest.Entry(
        digest: file.map { Digest(of: $0.bytes) } ?? entry.digest, path: entry.path)
    }
    if expected != nil { self["data/expected-sha256.txt"] = Manifest(results).bytes }
    switch kind {
    // A trainer's files are those of the packed run; a test changes its crate by itself.
    case .trainer: break
    case .program: if !keepingCrate { recrate() }
    }
    relistPayload()
  }

  /// Recomputes the list of all files, their number and size, and the list of the tag files.
  package mutating func relistPayload() {
    let payload = files.filter { $0.path.hasPrefix("data/") }
    self["manifest-sha256.txt"] = list(payload)
    let size = payload.reduce(0) { $0 + $1.bytes.count }
    var info = self[text: "bag-info.txt"].split(separator: "\n").map(String.init)
    info[2] = "External-Identifier: \(root)"
    info[3] = "Payload-Oxum: \(size).\(payload.count)"
    self[text: "bag-info.txt"] = info.map { $0 + "\n" }.joined()
    relistTags()
  }

  /// The file whose digest names the run.
  private var record: String {
    switch kind {
    case .trainer: MemberName.config.path
    case .program: MemberName.program.path
    }
  }

  /// Recomputes the list of the tag files.
  package mutating func relistTags() { self["tagmanifest-sha256.txt"] = list(Array(files[..<3])) }

  private func list(_ files: [(path: String, bytes: [UInt8])]) -> [UInt8] {
    Manifest(files.map { .init(digest: Digest(of: $0.bytes), path: $0.path) }).bytes
  }

  // MARK: The archive

  /// Each member's header and its padded content.
  package var entries: [[UInt8]] {
    files.map { file in
      TarHeader(name: root + "/" + file.path, size: file.bytes.count).block
        + Self.padded(file.bytes)
    }
  }

  package static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + Array(repeating: 0, count: TarHeader.padded(bytes.count) - bytes.count)
  }

  package static let end = [UInt8](repeating: 0, count: 1024)

  /// The bundle's bytes.
  package var bytes: [UInt8] { bundle(entries: entries) }

  /// A bundle of these entries, cut into frames where the format cuts `files`. The entries must
  /// have as many bytes together as `self.entries`.
  package func bundle(entries: [[UInt8]]) -> [UInt8] {
    var rest = (entries.joined() + Self.end)[...]
    var contents: [[UInt8]] = []
    for size in framePlan.frames {
      contents.append(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    precondition(rest.isEmpty, "\(rest.count) bytes are more than those of the files")
    return Self.bundle(contents: contents)
  }

  /// Where the format cuts the archive; a file that is not a member starts no piece.
  package var framePlan: FramePlan {
    var last: MemberName?
    return FramePlan(
      members: files.map { file in
        let name = MemberName(path: file.path, of: kind)
        defer { last = name ?? last }
        return .init(
          size: file.bytes.count,
          beginsPiece: name?.beginsPiece(size: file.bytes.count, after: last, of: kind) ?? false,
          isWeights: false)
      }, limit: BundleLimits().frameContent)
  }

  /// A bundle of these parts of an archive. A frame begins before each part at which the format
  /// cuts.
  package static func bundle(tar parts: [[UInt8]], names: [String]) -> [UInt8] {
    var pieces: [[UInt8]] = [[]]
    for (index, part) in parts.enumerated() {
      if index < names.count,
        MemberName(path: names[index], of: .trainer)?
          .beginsPiece(size: part.count, after: nil, of: .trainer) == true
      {
        pieces.append([])
      }
      pieces[pieces.count - 1] += part
    }
    return bundle(contents: pieces)
  }

  package static func bundle(contents: [[UInt8]]) -> [UInt8] {
    let compressor = FrameCompressor(level: 3)
    return bundle(frames: contents.map { (compressor.compress($0), $0.count) })
  }

  /// A sealed file of these frames, with a seek table.
  package static func bundle(frames: [(bytes: [UInt8], content: Int)]) -> [UInt8] {
    sealed(
      frames.flatMap(\.bytes),
      entries: frames.map { .init(compressed: $0.bytes.count, content: $0.content) })
  }

  package static func sealed(_ bytes: [UInt8], entries: [SeekTable.Entry]) -> [UInt8] {
    bytes + Seal.bytes(Digest(of: bytes))
      + SeekTable(entries: entries + [.init(compressed: Seal.size, content: 0)]).bytes
  }

  /// Makes `bag-info.txt` give `bytes` more bytes and `count` more files than there are.
  ///
  /// - Returns: Whether it said the right numbers before.
  package mutating func changePayloadOxum(bytes: Int, files count: Int) -> Bool {
    let payload = files.filter { $0.path.hasPrefix("data/") }
    let size = payload.reduce(0) { $0 + $1.bytes.count }
    let oxum = "\(size).\(payload.count)\n"
    let info = self[text: "bag-info.txt"]
    self[text: "bag-info.txt"] = info.replacing(
      oxum, with: "\(size + bytes).\(payload.count + count)\n")
    relistTags()
    return info.contains(oxum)
  }

  // MARK: Judging

  /// The stable code of what is wrong with a bundle; nil for a sound one.
  package static func reason(
    _ bytes: [UInt8], limits: BundleLimits = BundleLimits()
  ) -> BundleError.Reason? {
    error(bytes, limits: limits)?.reason
  }

  package static func error(_ bytes: [UInt8], limits: BundleLimits = BundleLimits()) -> BundleError?
  {
    let directory = TemporaryDirectory()
    let path = directory.write(bytes, to: "b")
    do throws(BundleError) {
      _ = try BundleReader(path: path, limits: limits).verify()
      return nil
    } catch {
      return error
    }
  }
}
