package import Archive
import ArchiveFiles
import Digests
import Files
package import RunRecords

/// A statement on disk: `RESULT16.KEY8.STATEMENT8.replay.json`, named by the first digits of three
/// digests. Its detached signature lies beside it, under the same name with `.sig`.
package struct StatementFile: Sendable {
  package let name: String
  package let statement: ReplayStatement
  let bytes: [UInt8]
  let signature: [UInt8]
  let key: SSHPublicKey

  static let ending = ".replay.json"
  private static let largestSignature = 1 << 14

  /// Why a file with such a name is not a statement that can be judged.
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
  /// Fails if the file `key` holds no key. A replay may take hours, so this is checked first.
  package static func check(key: String) throws(BundleError) { try SSHKeygen.checkKey(key) }

  /// Signs a statement and writes it, durably, to the directory of `path`. If the statement is
  /// already there, it and its signature are left alone.
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
    // The signature is written first, so nobody finds a statement without one.
    try write(signature, to: folder + "/" + file.name + ".sig") {
      try? SignatureArmor.key(in: $0, of: .replay) == file.key
    }
    try write(bytes, to: folder + "/" + file.name) { $0 == bytes }
    return folder == "." && !path.hasPrefix("./") ? file.name : folder + "/" + file.name
  }

  /// - Parameter isSuch: Whether the content of an existing file may stay in its place.
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
  /// Reads a statement that anybody may have written. It accepts only regular files of bounded
  /// size, in the canonical form, whose name matches their content.
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
