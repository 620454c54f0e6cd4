import Archive
import Digests
import RunRecords

/// The directory tree of a bundle: its members in order, with the files that sealing adds to a run.
struct BundleTree {
  /// Where the content of a member comes from.
  enum Content {
    case bytes([UInt8])
    case file(FinishedRun.Source)
  }

  struct Member {
    var name: MemberName
    var content: Content
    var digest: Digest

    var size: Int {
      switch content {
      case .bytes(let bytes): bytes.count
      case .file(let source): source.size
      }
    }

    init(_ name: MemberName, _ bytes: [UInt8]) {
      self.name = name
      content = .bytes(bytes)
      digest = Digest(of: bytes)
    }

    init(_ name: MemberName, _ source: FinishedRun.Source) {
      self.name = name
      content = .file(source)
      digest = source.digest
    }
  }

  private(set) var members: [Member]
  let identity: BundleIdentity
  private let root: String
  /// What is signed.
  private let tagManifest: [UInt8]

  init(run: FinishedRun, thin: Bool, terms: Terms) {
    root = run.runID
    let results = run.sources.keys.filter { $0.resultPath != nil }.sorted()
    let resultList = Manifest(
      results.map { .init(digest: run.sources[$0]!.digest, path: $0.resultPath!) })
    let expected = Member(.expected, resultList.bytes)
    let kept = run.sources.sorted { $0.key < $1.key }.filter { name, _ in
      if case .checkpoint = name { !thin } else { true }
    }
    let readme = BundleReadme.text(
      runID: run.runID, hasCheckpoints: !(thin && !run.checkpointSteps.isEmpty))
    let described =
      ([Member(.readme, Array(readme.utf8)), expected]
      + kept.map { Member($0.key, $0.value) }).sorted { $0.name < $1.name }
    let crate = Crate.bytes(
      run, held: described.map { ($0.name, $0.digest) }, results: resultList, terms: terms)
    let preview = Preview.bytes(run, result: expected.digest)
    let payload = (described + [Member(.crate, crate), Member(.preview, preview)])
      .sorted { $0.name < $1.name }
    let info = Bag.Info(
      agent: "\(Software.name) \(Software.version)", date: String(run.ended.prefix(10)),
      externalIdentifier: run.runID,
      payloadBytes: payload.reduce(0) { $0 + $1.size }, payloadFiles: payload.count,
      format: 1)
    let tagFiles = [
      Member(.bagDeclaration, Bag.declaration), Member(.bagInfo, info.bytes),
      Member(.manifest, Self.manifest(of: payload)),
    ]
    tagManifest = Self.manifest(of: tagFiles)
    let tagMember = Member(.tagManifest, tagManifest)
    members = tagFiles + [tagMember] + payload
    identity = BundleIdentity(bundle: tagMember.digest, result: expected.digest)
  }

  /// Adds a signature by that key; it is in no list, so the identities stay.
  mutating func sign(key: String) throws(BundleError) {
    let signature = try SSHKeygen.sign(tagManifest, key: key)
    let place = members.firstIndex { $0.name > .signature }!
    members.insert(Member(.signature, signature), at: place)
  }

  private static func manifest(of members: [Member]) -> [UInt8] {
    Manifest(members.map { .init(digest: $0.digest, path: $0.name.path) }).bytes
  }

  /// The tar stream.
  var stream: TarStream {
    TarStream(
      parts: members.flatMap { member -> [TarStream.Part] in
        let header = TarHeader(name: root + "/" + member.name.path, size: member.size)
        let padding = TarHeader.padded(member.size) - member.size
        let content: TarStream.Part =
          switch member.content {
          case .bytes(let bytes): .bytes(bytes)
          case .file(let source): .file(path: source.path, size: source.size)
          }
        return [.bytes(header.block), content, .zeros(padding)]
      } + [.zeros(2 * TarHeader.blockSize)])
  }
}
