import Archive
import Bundles
import Configs
import Files
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The text of a config or plan: from a file, a pipe or, for "-", standard input; of a config also
/// from a run.
enum InputText {
  /// What kind of text is expected.
  enum Kind: String {
    case config, plan
    case programFile = "program file"
  }

  /// Its name in messages and records.
  static func name(of path: String) -> String { path == "-" ? "stdin" : path }

  /// Whether it is a regular file.
  static func isFile(_ path: String) -> Bool {
    var status = stat()
    guard path != "-", unsafe stat(path, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFREG
  }

  /// Reads at most `limit` bytes; of a pipe or a device one more, to know that there are more.
  static func read(_ path: String, as kind: Kind, limit: Int) throws(CommandFailure) -> String {
    let descriptor = try open(path, as: kind)
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw CommandFailure(.inputOutput, "\(name(of: path)): \(Output.errorText(errno))")
    }
    if status.st_mode & S_IFMT == S_IFDIR { return try config(ofDirectory: path, as: kind) }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    // A file is refused by its size; the first bytes say whether it is a bundle.
    let bytes = try content(descriptor, path, most: isFile ? min(limit, 4096) + 1 : limit + 1)
    if isBundle(bytes) { return try config(ofBundle: path, as: kind) }
    guard bytes.count <= limit, !isFile || Int(status.st_size) <= limit else {
      throw CommandFailure(
        .usage, "\(name(of: path)): a \(kind.rawValue) has at most \(limit) bytes")
    }
    let rest = isFile ? try content(descriptor, path, most: limit + 1 - bytes.count) : []
    guard let text = String(validating: bytes + rest, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(name(of: path)): not UTF-8 text")
    }
    return text
  }

  private static func open(_ path: String, as kind: Kind) throws(CommandFailure) -> Int32 {
    let descriptor =
      path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : openNamed(path)
    guard descriptor >= 0 else {
      let code = errno
      throw CommandFailure(
        .inputOutput,
        "\(name(of: path)): \(Output.errorText(code))"
          + (code == ENOENT ? advice(on: path, as: kind) : ""))
    }
    return descriptor
  }

  /// Opens a file without waiting for the other end of a pipe, for which `content` waits with
  /// patience.
  private static func openNamed(_ path: String) -> Int32 {
    #if canImport(Glibc)
      unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    #else
      unsafe Darwin.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    #endif
  }

  /// Advice for the name of a missing file.
  private static func advice(on path: String, as kind: Kind) -> String {
    switch kind {
    case .config where Preset(rawValue: path) != nil: "; the preset is --preset \(path)"
    case .config where path.contains("="): "; each key has its own --set KEY=VALUE"
    case .plan where Preset(rawValue: path) != nil:
      "; a plan names its preset (regrok help plans)"
    case .config, .plan, .programFile: ""
    }
  }

  /// The config of the run that a directory holds.
  private static func config(
    ofDirectory path: String, as kind: Kind
  ) throws(CommandFailure) -> String {
    // A bundle that was unpacked there has it in `data`.
    let file = ["/config.json", "/data/config.json"].first { unsafe access(path + $0, F_OK) == 0 }
    guard kind == .config, let file else {
      throw CommandFailure(.usage, "\(path): it is a directory, not a \(kind.rawValue)")
    }
    return try read(path + file, as: kind, limit: RunSpec.largestConfig)
  }

  /// The config that a bundle holds.
  private static func config(
    ofBundle path: String, as kind: Kind
  ) throws(CommandFailure) -> String {
    guard kind == .config, isFile(path) else {
      throw CommandFailure(.usage, "\(name(of: path)): it is a bundle, not a \(kind.rawValue)")
    }
    do throws(BundleError) {
      return try BundleReader(path: path).trainer().spec.canonicalJSON.text
    } catch {
      throw error.of(path)
    }
  }

  /// A frame of zstandard, or one that readers skip (RFC 8878).
  private static func isBundle(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      || bytes.count > 3 && bytes[0] & 0xF0 == 0x50 && bytes[1...3] == [0x2A, 0x4D, 0x18]
  }

  /// How long the first byte of a named pipe is waited for.
  private static let patienceSeconds: Int32 = 10

  /// The next `most` bytes, or all that there are.
  private static func content(_ descriptor: Int32, _ path: String, most: Int)
    throws(CommandFailure) -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: most)
    var filled = 0
    // Data that has arrived is read without waiting. If the other end of a pipe was closed before
    // this one was opened, waiting would never end.
    var mustWait = path != "-"
    while filled < most {
      if mustWait {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = path == "-" || filled > 0 ? -1 : patienceSeconds * 1000
        let isReady = unsafe systemPoll(&poll, 1, milliseconds)
        if isReady < 0 && errno == EINTR { continue }
        if isReady == 0 {
          throw CommandFailure(
            .inputOutput, "\(path): nothing came through it in \(patienceSeconds) seconds")
        }
      }
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        // SAFETY: `filled` is below the count, so the rest is not empty and within the buffer.
        unsafe systemRead(descriptor, buffer.baseAddress! + filled, most - filled)
      }
      mustWait = count < 0 && errno == EAGAIN
      if count < 0 && (errno == EINTR || mustWait) { continue }
      guard count >= 0 else {
        throw CommandFailure(.inputOutput, "\(name(of: path)): \(Output.errorText(errno))")
      }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes.prefix(filled))
  }
}
