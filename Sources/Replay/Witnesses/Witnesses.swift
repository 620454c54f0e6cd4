public import Archive
import ArchiveFiles
public import Digests
import Files
public import RunRecords

/// What a directory of signed statements says about one result, for somebody with a list of trusted
/// signers.
public struct Witnesses: Sendable {
  /// A statement by a signer on the list.
  public struct Testimony: Sendable {
    public var signer: Signer
    public var statement: ReplayStatement
    /// Its name in the directory.
    public var file: String
  }

  /// A file that does not count, and the reason.
  public struct Skipped: Sendable {
    public var file: String
    public var reason: String
  }

  /// Identical replays of the whole run, by persons other than the bundle's own signer. One person
  /// may have several.
  public internal(set) var counted: [Testimony] = []
  /// Statements by signers on the list, including the bundle's own signer, that the replay
  /// differed.
  public internal(set) var contradictions: [Testimony] = []
  /// Statements by keys that are not on the list.
  public internal(set) var strangers = 0
  public internal(set) var skipped: [Skipped] = []
  /// Whether the bundle names no key, so that nobody could be excluded as its signer.
  public internal(set) var isAuthorUnknown: Bool

  /// The names of the persons who count, sorted.
  public var replayers: [String] { Set(counted.map(\.signer.name)).sorted() }
  public var instructionSets: [String] { Set(counted.map(\.statement.instructions)).sorted() }
  /// The digests of the programs that performed the replays.
  public var builds: [Digest] {
    Set(counted.map(\.statement.build.digest)).sorted { $0.hex < $1.hex }
  }
}

/// A directory to which anybody may add statements, and the list of trusted signers.
public struct WitnessDirectory: Sendable {
  /// The most statements that are read from one directory.
  private static let mostStatements = 4096

  private let allowed: String
  private let list: [UInt8]
  private var files: [StatementFile] = []
  private var skipped: [Witnesses.Skipped] = []

  /// Reads the files in `path` that have a statement's name. Subdirectories and other files are not
  /// read.
  ///
  /// - Parameter allowed: A file in ssh-keygen's ALLOWED SIGNERS format.
  public init(path: String, allowedSigners allowed: String) throws(BundleError) {
    self.allowed = allowed
    list = try SSHKeygen.signers(in: allowed)
    guard let names = try onDisk(try Disk().list(path)) else {
      throw .inputOutput(path: path, detail: "there is no such directory")
    }
    let statements = names.filter { $0.hasSuffix(StatementFile.ending) }
    guard statements.count <= Self.mostStatements else {
      throw .inputOutput(
        path: path,
        detail: "\(statements.count) statements lie there; at most \(Self.mostStatements) are read")
    }
    for name in statements {
      do throws(StatementFile.Fault) {
        files.append(try StatementFile(name, in: path))
      } catch {
        skipped.append(.init(file: name, reason: error.reason))
      }
    }
  }

  /// What the statements say about a result.
  ///
  /// - Parameter author: The key of the bundle's own signature. Neither this key nor another key of
  ///   the same person counts.
  public func witnesses(
    of result: Digest, author: SSHPublicKey?
  ) throws(BundleError) -> Witnesses {
    var witnesses = Witnesses(skipped: skipped, isAuthorUnknown: author == nil)
    let authorNames = author?.names(in: list) ?? []
    for file in files {
      func skip(_ reason: String) {
        witnesses.skipped.append(.init(file: file.name, reason: reason))
      }
      guard file.statement.result == result else {
        skip("it is about another result, \(file.statement.result)")
        continue
      }
      let names = file.key.names(in: list)
      let signer: Signer
      do throws(BundleError) {
        signer = try SSHKeygen.signer(
          of: file.bytes, signature: file.signature, in: .replay, allowed: allowed)
      } catch {
        guard case .notTrusted(let detail) = error else { throw error }
        if names.isEmpty { witnesses.strangers += 1 } else { skip(detail) }
        continue
      }
      let testimony = Witnesses.Testimony(
        signer: signer, statement: file.statement, file: file.name)
      switch (file.statement.verdict, file.statement.extent) {
      case (.different, _): witnesses.contradictions.append(testimony)
      case (.within, _): skip("\(signer.name) says within its tolerance or spread, not identical")
      case (.identical, .sample(let segments, let all, _)):
        skip("\(signer.name) replayed \(segments) of \(all) segments, not the whole")
      case (.identical, .whole) where signer.isPattern:
        skip("its key is of those whom \(signer.name) matches, which names nobody")
      case (.identical, .whole)
      where file.key == author || !authorNames.isDisjoint(with: names.union([signer.name])):
        skip("\(signer.name) is the bundle's own signer")
      case (.identical, .whole): witnesses.counted.append(testimony)
      }
    }
    witnesses.counted.sort { ($0.signer.name, $0.file) < ($1.signer.name, $1.file) }
    witnesses.skipped.sort { $0.file < $1.file }
    return witnesses
  }
}

// MARK: JSON

extension Witnesses {
  public var json: CanonicalJSON {
    [
      "builds": .array(builds.map { .string($0.hex) }),
      "contradictions": .array(contradictions.map(\.json)),
      "instruction_sets": .array(instructionSets.map { .string($0) }),
      "replayers": .array(replayers.map { .string($0) }),
      "skipped": .array(
        skipped.map { ["file": .string($0.file), "reason": .string($0.reason)] }),
      "statements": .array(counted.map(\.json)), "strangers": CanonicalJSON(strangers),
    ]
  }
}

extension Witnesses.Testimony {
  fileprivate var json: CanonicalJSON {
    [
      "file": .string(file), "statement": statement.json, "signer": .string(signer.name),
      "signer_is_pattern": .bool(signer.isPattern),
    ]
  }
}
