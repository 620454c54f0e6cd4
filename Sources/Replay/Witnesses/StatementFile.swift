package import Archive
import ArchiveFiles
import Digests
import Files
package import RunRecords

/// A statement as it lies on disk: `RESULT16.KEY8.STATEMENT8.replay.json`, named by the first
/// digits of three digests, and its detached signature beside it, by the same name with `.sig`.
package struct StatementFile: Sendable {
  package let name: String
  package let statement: ReplayStatement
  let bytes: [UInt8]
  let signature: [UInt8]
  let key: SSHPublicKey

  static let ending = ".replay.json"
  private static let largestSignature = 1 << 14

  /// Why what has such a name is no statement that could be judged.
  struct Fault: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  private init(
    _ statement: ReplayStatement, bytes: [UInt8], signature: [UInt8], key: SSHPublicKey
  ) {
    func digits(_ digest: Digest, _ count: Int) -> Substring { digest.hex.prefix(count) }
    name =
      "\(digits(statement.result, 16)).\(digits(key.fingerprint, 8))."
      + "\(digits(Digest(of: bytes), 8))\(Self.ending)"
    self.statement = statement
    self.bytes = bytes
    self.signature = signature
    self.key = key
  }
}

// MARK: Writing

extension StatementFile {
  /// Fails where the file `key` holds none: a replay may take hours, and asks this first.
  package static func check(key: String) throws(BundleError) { try SSHKeygen.checkKey(key) }

  /// Signs a statement and writes it to the directory in which `path` lies, durably. One that lies
  /// there already is left, with its signature.
  ///
  /// - Returns: The path of the statement.
  package static func write(
    _ statement: ReplayStatement, beside path: String, signedBy key: String
  ) throws(BundleError) -> String {
    let bytes = statement.json.utf8
    precondition(
      bytes.count <= ReplayStatement.largestSize, "a statement of \(bytes.count) bytes")
    let signature = try SSHKeygen.sign(bytes, key: key, in: .replay)
    let file: StatementFile
    do throws(SignatureArmor.Fault) {
      file = StatementFile(
        statement, bytes: bytes, signature: signature,
        key: try SignatureArmor.key(in: signature, of: .replay))
    } catch {
      throw .inputOutput(path: key, detail: "its signature cannot be read: \(error.reason)")
    }
    let folder = PathParts.split(path).folder
    // Nobody finds a statement that has no signature yet.
    try write(signature, to: folder + "/" + file.name + ".sig") {
      try? SignatureArmor.key(in: $0, of: .replay) == file.key
    }
    try write(bytes, to: folder + "/" + file.name) { $0 == bytes }
    return folder == "." && !path.hasPrefix("./") ? file.name : folder + "/" + file.name
  }

  /// - Parameter isSuch: Whether what has the name may stand in its place.
  private static func write(
    _ bytes: [UInt8], to path: String, unless isSuch: ([UInt8]) -> Bool?
  ) throws(BundleError) {
    let file = try onDisk(try DurableFile(path: path))
    try onDisk(try file.write(bytes[...]))
    try onDisk(try file.finish())
    guard try !onDisk(try file.appear()) else { return }
    let found = try onDisk(
      try FileReading.content(of: path, limit: ReplayStatement.largestSize, from: .file))
    guard isSuch(found) == true else {
      throw .inputOutput(path: path, detail: "another file has this name; nothing is overwritten")
    }
  }
}

// MARK: Reading

extension StatementFile {
  /// Reads a statement of anybody: regular files of bounded size alone, in the one form, and named
  /// by what they hold.
  init(_ name: String, in folder: String) throws(Fault) {
    let path = folder + "/" + name
    let bytes = try Self.content(of: path, limit: ReplayStatement.largestSize)
    let statement: ReplayStatement
    do throws(RecordError) {
      statement = try ReplayStatement(canonical: bytes)
    } catch {
      throw Fault("\(error)")
    }
    let signature: [UInt8]
    do throws(Fault) {
      signature = try Self.content(of: path + ".sig", limit: Self.largestSignature)
    } catch {
      throw Fault("its signature: \(error.reason)")
    }
    let key: SSHPublicKey
    do throws(SignatureArmor.Fault) {
      key = try SignatureArmor.key(in: signature, of: .replay)
    } catch {
      throw Fault("its signature: \(error.reason)")
    }
    self.init(statement, bytes: bytes, signature: signature, key: key)
    guard self.name == name else {
      throw Fault("its name is not that of what it holds, \(self.name)")
    }
  }

  private static func content(of path: String, limit: Int) throws(Fault) -> [UInt8] {
    do throws(FileError) {
      return try FileReading.content(of: path, limit: limit, from: .file)
    } catch {
      throw Fault(error.detail)
    }
  }
}
