import Archive
import BundleChecks
import Digests
import RunRecords

/// A file that the script holds.
struct PageFile: BundleBytes {
  let size: Int

  func read(at offset: Int, count: Int) throws(BundleError) -> [UInt8] {
    // SAFETY: the script writes exactly `count` bytes.
    unsafe Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress {
        unsafe hostRead(Double(offset), Int32(count), base)
      }
      initialized = count
    }
  }
}

func endOutOfMemory() -> Never { fatalError("no memory") }

private func hand(_ name: String, step: Int, _ bytes: ArraySlice<UInt8>) {
  let name = Array(name.utf8)
  // SAFETY: the script copies both before it returns.
  unsafe name.withUnsafeBufferPointer { name in
    unsafe bytes.withUnsafeBufferPointer { bytes in
      let none = name.baseAddress!
      unsafe hostMember(
        name.baseAddress!, Int32(name.count), Int32(step), bytes.baseAddress ?? none,
        Int32(bytes.count))
    }
  }
}

/// Reads and checks every byte of the bundle that the script holds, as `regrok verify` does, but
/// for the second reading with libarchive. The answer is that of `verify --json`; records and
/// checkpoints go to the script as they come, before it is known whether all is sound.
///
/// - Returns: 1 where the bundle is sound.
@_cdecl("page_open")
public func pageOpen(_ size: Double) -> Int32 {
  do throws(BundleError) {
    say(try open(PageFile(size: Int(size))).utf8)
    return 1
  } catch {
    say(
      CanonicalJSON.object([
        "sound": error.reason == nil ? .null : false,
        "reason": error.reason.map { .string($0.rawValue) } ?? .null,
        "member": error.member.map { .string($0) } ?? .null, "message": .string(error.description),
      ]).utf8)
    return 0
  }
}

private func open(_ file: PageFile) throws(BundleError) -> CanonicalJSON {
  let limits = BundleLimits()
  let store = try FrameStore(file, limits: limits)
  // As natively: the small files first, so that the same fault is found first.
  _ = try store.readHead(into: BundleChecker(limits: limits), FrameDecompressor())
  let checker = BundleChecker(limits: limits)
  checker.whenRead = { name, bytes in hand(name.path, step: -1, bytes) }
  checker.whenCheckpoint = { (check) throws(BundleError) in
    try check.perform()
    if case .checkpoint(let step) = check.name { hand(check.name.path, step: step, check.bytes) }
  }
  try FrameStream(
    store, FrameDecompressor(), Digest.Hasher(), into: checker, progress: { hostProgress($0) }
  ).readToEnd()
  guard let identity = checker.identity, let info = checker.info else {
    throw .damaged(.bag, "it lacks a file that every bundle has")
  }
  let isThin =
    switch checker.contents {
    case .trainer: TrainerContents.isThin(manifest: checker.manifest, expected: checker.expected)
    case .program(let contents): !contents.leftOut.paths(.thin).isEmpty
    }
  return .object([
    "agent": .string(info.agent), "bundle_sha256": .string(identity.bundle.hex),
    "checkpoints": CanonicalJSON(checker.checkpointCount), "file_bytes": CanonicalJSON(file.size),
    "kind": .string(checker.kind.rawValue), "members": CanonicalJSON(checker.members.count),
    "payload_bytes": CanonicalJSON(info.payloadBytes),
    "result_sha256": .string(identity.result.hex), "run": .string(checker.root),
    "signed": .bool(checker.members.contains { $0.name == .signature }), "sound": true,
    "thin": .bool(isThin),
  ])
}
