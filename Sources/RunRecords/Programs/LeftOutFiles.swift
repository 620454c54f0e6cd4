public import Digests

/// The files of a program's run that its bundle does not hold, `left-out.json`: the digest of each,
/// and the reason.
public struct LeftOutFiles: Sendable, Hashable {
  public enum Reason: String, Sendable, CaseIterable {
    /// Whoever packed the bundle left the file out, knowing the result.
    case excluded = "excluded after the run"
    /// A thin bundle holds no checkpoints and no large results.
    case thin
    /// The inputs have more than 64 MiB in all, and this one is sealed only by its digest.
    case largeInput = "large input"
  }

  public struct Entry: Sendable, Hashable {
    /// Nil if it was not recorded, as for an input that was not kept.
    public var bytes: Int?
    public var digest: Digest
    public var reason: Reason

    public init(bytes: Int?, digest: Digest, reason: Reason) {
      self.bytes = bytes
      self.digest = digest
      self.reason = reason
    }
  }

  /// By path below the bundle's `data/`: `results/out/plot.png`, `inputs/data.npz`.
  public var entries: [CanonicalJSON.Key: Entry]

  public init(_ entries: [CanonicalJSON.Key: Entry] = [:]) { self.entries = entries }

  public static let fileName = "left-out.json"

  public subscript(path: String) -> Entry? { entries[CanonicalJSON.Key(path)] }

  /// The paths that were left out for this reason, sorted.
  public func paths(_ reason: Reason) -> [String] {
    entries.filter { $0.value.reason == reason }.map { $0.key.text }.sorted()
  }
}

extension LeftOutFiles {
  public var bytes: [UInt8] { json.utf8 }

  public var json: CanonicalJSON {
    .object(
      entries.mapValues { entry in
        [
          "bytes": entry.bytes.map { CanonicalJSON($0) } ?? .null,
          "reason": .string(entry.reason.rawValue),
          "sha256": .string(entry.digest.hex),
        ]
      })
  }

  /// Reads the bytes of `left-out.json`.
  public init(bytes: [UInt8]) throws(RecordError) {
    let json: CanonicalJSON
    do throws(RecordError) {
      json = try CanonicalJSON(canonical: bytes)
    } catch {
      throw .program(file: Self.fileName, key: "", reason: error.description)
    }
    let object = try RecordObject(json, file: Self.fileName)
    var entries: [CanonicalJSON.Key: Entry] = [:]
    for path in object.members.keys.sorted() {
      let inner = try RecordObject(
        object[path], file: Self.fileName, at: path.text, keys: ["bytes", "reason", "sha256"])
      guard let reason = Reason(rawValue: try inner.text("reason")) else {
        throw inner.refusal(
          "reason", "must be one of " + Reason.allCases.map { $0.rawValue }.joined(separator: ", "))
      }
      entries[path] = Entry(
        bytes: inner.isNull("bytes")
          ? nil : try inner.integer("bytes", in: 0...Int(clamping: Int64(1) << 53)),
        digest: try inner.digest("sha256"),
        reason: reason)
    }
    self.entries = entries
  }
}
