private import Files
private import Foundation

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Signatures by the user's own `ssh-keygen`, so that keys, agents and hardware tokens are those of SSH.
package enum SSHKeygen {
  /// The signature of `message` by the key in the file `key` (a private key, or the public half of one in an agent).
  ///
  /// ssh-keygen asks on the terminal for what it needs.
  package static func sign(_ message: [UInt8], key: String) throws(BundleError) -> [UInt8] {
    guard unsafe access(key, R_OK) == 0 else {
      throw .inputOutput(path: key, detail: systemMessage(errno))
    }
    let scratch = try Scratch()
    let input = try scratch.write(message, to: "message")
    let answer = try scratch.run(
      ["-q", "-Y", "sign", "-n", SignatureArmor.namespace, "-f", key], input: input,
      showsErrors: true)
    guard answer.status == 0, SignatureArmor.fault(answer.output) == nil else {
      throw .inputOutput(path: key, detail: "ssh-keygen did not sign with it")
    }
    return answer.output
  }

  /// Who of those in the file `allowed` (ssh-keygen's ALLOWED SIGNERS) has signed `message`.
  package static func signer(
    of message: [UInt8], signature: [UInt8], allowed: String
  ) throws(BundleError) -> Signer {
    try checkSigners(allowed)
    let scratch = try Scratch()
    let input = try scratch.write(message, to: "message")
    let file = try scratch.write(signature, to: "signature")
    let found = try scratch.run(
      ["-Y", "find-principals", "-f", allowed, "-s", file], input: input)
    let signers = found.status == 0 ? Signer.all(in: found.output) : []
    var answers = [found]
    for signer in signers {
      let answer = try scratch.run(
        [
          "-Y", "verify", "-f", allowed, "-I", signer.name, "-n", SignatureArmor.namespace, "-s",
          file,
        ], input: input)
      if answer.status == 0 { return signer }
      answers.append(answer)
    }
    throw .notTrusted(
      detail: (signers.isEmpty
        ? "the signature is by no key of \(allowed)"
        : "the signature does not hold, or its key may not sign this now") + words(of: answers))
  }

  /// Refuses what is no list of signers before ssh-keygen reads it.
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

  /// Why ssh-keygen refused, in its own words; empty where it has none but that it did.
  private static func words(of answers: [Answer]) -> String {
    var lines: [String] = []
    for line in answers.flatMap({ $0.errors.split(separator: "\n") }).map(String.init)
    where line != "No principal matched." && !lines.contains(line) { lines.append(line) }
    return lines.isEmpty ? "" : "; ssh-keygen says: " + lines.prefix(4).joined(separator: "; ")
  }

  /// What ssh-keygen answered.
  fileprivate struct Answer {
    var status: Int32
    var output: [UInt8]
    var errors: String
  }
}

/// A directory of one's own for the files that ssh-keygen reads and writes, gone afterwards.
private final class Scratch {
  private let path: String

  init() throws(BundleError) {
    var template = Array((NSTemporaryDirectory() + "/regrok.XXXXXX").utf8CString)
    // SAFETY: the template ends in NUL and is changed in place.
    guard unsafe template.withUnsafeMutableBufferPointer({ unsafe mkdtemp($0.baseAddress!) != nil })
    else { throw .inputOutput(path: NSTemporaryDirectory(), detail: systemMessage(errno)) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String) throws(BundleError) -> String {
    let file = path + "/" + name
    guard FileManager.default.createFile(atPath: file, contents: Data(bytes)) else {
      throw .inputOutput(path: file, detail: "it cannot be written")
    }
    return file
  }

  /// Runs ssh-keygen, in the process group of this program so that it may ask on the terminal.
  func run(
    _ arguments: [String], input: String, showsErrors: Bool = false
  ) throws(BundleError) -> SSHKeygen.Answer {
    let output = path + "/output"
    let errors = path + "/errors"
    let environment = ProcessInfo.processInfo.environment.map { $0.key + "=" + $0.value }
    var process = pid_t()
    // SAFETY: both lists are of copies that are freed after the call, and end in nil; the actions are destroyed.
    let failure: Int32 = unsafe withCStrings(["ssh-keygen"] + arguments) { words in
      unsafe withCStrings(environment) { variables in
        #if canImport(Darwin)
          var actions: posix_spawn_file_actions_t?
        #else
          var actions = unsafe posix_spawn_file_actions_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(
          &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        if !showsErrors {
          unsafe posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        return unsafe posix_spawnp(&process, "ssh-keygen", &actions, nil, words, variables)
      }
    }
    guard failure == 0 else {
      throw .unsupported(detail: "ssh-keygen cannot be started: \(systemMessage(failure))")
    }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) == -1 {
      guard errno == EINTR else {
        throw .inputOutput(path: "ssh-keygen", detail: systemMessage(errno))
      }
    }
    func content(_ file: String) -> [UInt8] {
      Array(FileManager.default.contents(atPath: file) ?? Data())
    }
    let words = showsErrors ? "" : String(decoding: content(errors), as: UTF8.self)
    guard !words.contains("usage: ssh-keygen") else {
      throw .unsupported(
        detail: "this ssh-keygen cannot check signatures (-Y); OpenSSH can from version 8.2 on")
    }
    return SSHKeygen.Answer(status: status, output: content(output), errors: words)
  }

  @unsafe private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return unsafe body(copies + [nil])
  }
}
