package import Archive
private import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Signatures by the user's own `ssh-keygen`, so keys, agents and hardware tokens are those of SSH.
package enum SSHKeygen {
  /// The signature of `message` by the key in the file `key` (a private key, or the public half of
  /// one in an agent).
  ///
  /// ssh-keygen asks on the terminal for what it needs.
  package static func sign(
    _ message: [UInt8], key: String, in namespace: SignatureNamespace
  ) throws(BundleError) -> [UInt8] {
    try checkReadable(key)
    let scratch = try Scratch()
    let input = try scratch.write(message, to: "message")
    let answer = try scratch.run(
      ["-q", "-Y", "sign", "-n", namespace.rawValue, "-f", key], input: input,
      showsErrors: true)
    guard answer.isDone, SignatureArmor.fault(answer.output, in: namespace) == nil else {
      throw .inputOutput(path: key, detail: "ssh-keygen did not sign with it")
    }
    return answer.output
  }

  /// Throws if the file `key` holds no key. It does not ask for what only signing needs.
  package static func checkKey(_ key: String) throws(BundleError) {
    try checkReadable(key)
    let scratch = try Scratch()
    let input = try scratch.write([], to: "message")
    guard try scratch.run(["-l", "-f", key], input: input).isDone else {
      throw .inputOutput(path: key, detail: "ssh-keygen finds no key in it")
    }
  }

  private static func checkReadable(_ path: String) throws(BundleError) {
    guard unsafe access(path, R_OK) == 0 else {
      throw .inputOutput(path: path, detail: systemMessage(errno))
    }
  }

  /// Who among those in the file `allowed` (ssh-keygen's ALLOWED SIGNERS) has signed `message`.
  package static func signer(
    of message: [UInt8], signature: [UInt8], in namespace: SignatureNamespace, allowed: String
  ) throws(BundleError) -> Signer {
    try checkSigners(allowed)
    let scratch = try Scratch()
    let input = try scratch.write(message, to: "message")
    let file = try scratch.write(signature, to: "signature")
    let found = try scratch.run(
      ["-Y", "find-principals", "-f", allowed, "-s", file], input: input)
    let signers = found.isDone ? Signer.all(in: found.output) : []
    var answers = [found]
    for signer in signers {
      let answer = try scratch.run(
        [
          "-Y", "verify", "-f", allowed, "-I", signer.name, "-n", namespace.rawValue, "-s",
          file,
        ], input: input)
      if answer.isDone { return signer }
      answers.append(answer)
    }
    throw .notTrusted(
      detail: (signers.isEmpty
        ? "the signature is by no key of \(allowed)"
        : "the signature does not hold, or its key may not sign this now") + words(of: answers))
  }

  /// The content of a file of allowed signers.
  package static func signers(in path: String) throws(BundleError) -> [UInt8] {
    try checkSigners(path)
    return try onDisk(
      try FileReading.content(of: path, limit: mostSignersBytes, from: .linkedFile))
  }

  /// Refuses a file that cannot be a list of signers, before ssh-keygen reads it.
  private static func checkSigners(_ path: String) throws(BundleError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, unsafe access(path, R_OK) == 0 else {
      throw .inputOutput(path: path, detail: systemMessage(errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .inputOutput(path: path, detail: "it is not a regular file, so no list of signers")
    }
    guard status.st_size <= mostSignersBytes else {
      throw .inputOutput(
        path: path,
        detail: "it has \(status.st_size) bytes; a list of signers has at most \(mostSignersBytes)")
    }
  }

  private static let mostSignersBytes = 1 << 20

  /// Why ssh-keygen refused, in its own words; empty if it gives no reason.
  private static func words(of answers: [Answer]) -> String {
    var lines: [String] = []
    for line in answers.flatMap({ $0.errors.split(separator: "\n") }).map(String.init)
    where line != "No principal matched." && !lines.contains(line) { lines.append(line) }
    return lines.isEmpty ? "" : "; ssh-keygen says: " + lines.prefix(4).joined(separator: "; ")
  }

  /// What ssh-keygen answered.
  fileprivate struct Answer {
    var isDone: Bool
    var output: [UInt8]
    var errors: String
  }
}

/// A directory of its own for the files that ssh-keygen reads and writes. It is removed afterwards.
private final class Scratch {
  /// The most bytes that are read of an answer; ssh-keygen writes a line or two.
  private static let mostOfAnAnswer = 1 << 20
  private let path: String

  init() throws(BundleError) {
    var template = Array((ProcessFacts.temporaryDirectory + "/regrok.XXXXXX").utf8CString)
    // SAFETY: the template ends in NUL and is changed in place.
    guard unsafe template.withUnsafeMutableBufferPointer({ unsafe mkdtemp($0.baseAddress!) != nil })
    else { throw .inputOutput(path: ProcessFacts.temporaryDirectory, detail: systemMessage(errno)) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileTree.remove(path) }

  func write(_ bytes: [UInt8], to name: String) throws(BundleError) -> String {
    let file = path + "/" + name
    do throws(FileError) {
      try LogFile(file).write(bytes[...])
    } catch {
      throw .inputOutput(path: file, detail: "\(error)")
    }
    return file
  }

  /// Runs ssh-keygen in this program's process group, so that it may ask on the terminal.
  func run(
    _ arguments: [String], input: String, showsErrors: Bool = false
  ) throws(BundleError) -> SSHKeygen.Answer {
    let output = path + "/output"
    let errors = path + "/errors"
    var process = ProcessSpawn(["ssh-keygen"] + arguments)
    process.input = .file(input)
    process.output = .file(output)
    if !showsErrors { process.errors = .file(errors) }
    let end: ProcessEnd
    do throws(FileError) {
      end = .wait(for: try process.start())
    } catch {
      throw .unsupported(detail: "\(error)")
    }
    // Only a process that has ended by itself has answered.
    guard case .exited(let status) = end else {
      throw .inputOutput(path: "ssh-keygen", detail: "it was ended before it had answered")
    }
    func content(_ file: String) throws(BundleError) -> [UInt8] {
      do throws(FileError) {
        return try FileTree.beginning(of: file, most: Self.mostOfAnAnswer)
      } catch {
        throw .inputOutput(path: file, detail: "\(error)")
      }
    }
    let words = showsErrors ? "" : String(decoding: try content(errors), as: UTF8.self)
    guard !words.contains("usage: ssh-keygen") else {
      throw .unsupported(
        detail: "this ssh-keygen cannot check signatures (-Y); OpenSSH can from version 8.2 on")
    }
    return SSHKeygen.Answer(
      isDone: status == 0, output: try content(output), errors: words)
  }
}
