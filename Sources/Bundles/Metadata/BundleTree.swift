import Archive
import ArchiveFiles
import BundleChecks
import Digests
import RunRecords

/// The directory tree of a bundle: its members in order, including the files that sealing adds.
struct BundleTree {
  struct Member {
    var name: MemberName
    var source: FinishedRun.Source

    var size: Int { source.size }
    var digest: Digest { source.digest }

    init(_ name: MemberName, _ bytes: [UInt8]) {
      self.init(name, FinishedRun.Source(bytes))
    }

    init(_ name: MemberName, _ source: FinishedRun.Source) {
      self.name = name
      self.source = source
    }
  }

  private(set) var members: [Member]
  let identity: BundleIdentity
  private let root: String
  let kind: RunKind
  /// The content that is signed.
  private let tagManifest: [UInt8]

  init(run: FinishedRun, thin: Bool, terms: Terms) {
    let kept = run.sources.filter { name, _ in
      if case .checkpoint = name { !thin } else { true }
    }
    let readme = BundleReadme.text(
      runID: run.runID, hasCheckpoints: !(thin && !run.checkpointSteps.isEmpty || run.isThin))
    self.init(
      root: run.runID, kind: .trainer, ended: run.performance.ended, readme: readme,
      expected: run.results, sources: kept, others: [],
      crate: { held in
        Crate.bytes(.init(run, held: held, results: run.results), terms: terms)
      },
      preview: { Preview.bytes(run, result: $0) })
  }

  init(program: FinishedProgram, terms: Terms) {
    let record = program.record
    self.init(
      root: record.runID, kind: .program, ended: program.performance.ended,
      readme: BundleReadme.text(of: program), expected: record.expected, sources: program.sources,
      others: [Member(.leftOut, program.leftOut.bytes)],
      crate: { Crate.bytes(.init(program, held: $0), terms: terms) },
      preview: { Preview.bytes(program, result: $0) })
  }

  /// - Parameters:
  ///   - ended: When the run ended, as YYYY-MM-DDThh:mm:ss.sss+00:00.
  ///   - sources: The files that go into the bundle as they are.
  ///   - others: Records that packing makes, except the list of results.
  ///   - crate: Makes the crate from the members that it can describe.
  ///   - preview: Makes the page from the result's identity.
  private init(
    root: String, kind: RunKind, ended: String, readme: String, expected resultList: Manifest,
    sources: [MemberName: FinishedRun.Source], others: [Member],
    crate: ([(name: MemberName, digest: Digest)]) -> [UInt8], preview: (Digest) -> [UInt8]
  ) {
    self.root = root
    self.kind = kind
    let expected = Member(.expected, resultList.bytes)
    let described =
      ([Member(.readme, Array(readme.utf8)), expected] + others
      + sources.map { Member($0.key, $0.value) }).sorted { $0.name < $1.name }
    let added = [
      Member(.crate, crate(described.map { ($0.name, $0.digest) })),
      Member(.preview, preview(expected.digest)),
    ]
    let payload = (described + added).sorted { $0.name < $1.name }
    let info = Bag.Info(
      agent: "\(Software.name) \(Software.version)", date: String(ended.prefix(10)),
      externalIdentifier: root, payloadBytes: payload.reduce(0) { $0 + $1.size },
      payloadFiles: payload.count, format: kind.bundleFormat)
    let tagFiles = [
      Member(.bagDeclaration, Bag.declaration), Member(.bagInfo, info.bytes),
      Member(.manifest, Self.manifest(of: payload)),
    ]
    tagManifest = Self.manifest(of: tagFiles)
    let tagMember = Member(.tagManifest, tagManifest)
    members = tagFiles + [tagMember] + payload
    identity = BundleIdentity(bundle: tagMember.digest, result: expected.digest)
  }

  /// Adds a signature by this key. No list contains the signature, so the identities stay the same.
  mutating func sign(key: String) throws(BundleError) {
    add(signature: try SSHKeygen.sign(tagManifest, key: key, in: .bundle))
  }

  /// Adds a signature of this very tree.
  mutating func add(signature: [UInt8]) {
    let place = members.firstIndex { $0.name > .signature }!
    members.insert(Member(.signature, signature), at: place)
  }

  private static func manifest(of members: [Member]) -> [UInt8] {
    Manifest(members.map { .init(digest: $0.digest, path: $0.name.path) }).bytes
  }

  /// The tree as a tar stream.
  var stream: TarStream {
    TarStream(
      parts: members.flatMap { member -> [TarStream.Part] in
        let header = TarHeader(name: root + "/" + member.name.path, size: member.size)
        let padding = TarHeader.padded(member.size) - member.size
        let content: TarStream.Part =
          switch member.source.content {
          case .bytes(let bytes): .bytes(bytes)
          case .file(let path): .file(path: path, size: member.size)
          case .member(let sealed): .content(sealed, size: member.size)
          }
        return [.bytes(header.block), content, .zeros(padding)]
      } + [.zeros(2 * TarHeader.blockSize)])
  }
}
