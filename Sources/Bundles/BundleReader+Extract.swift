private import Foundation
import RunRecords
private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

extension BundleReader {
  /// Unpacks the bundle's tree to the new directory `path`, which gets its name only after the whole bundle has been
  /// verified. Nothing else is written, and nothing that exists is touched.
  @discardableResult
  public func extract(
    to path: String, progress: @escaping BundleProgress = { _ in }
  ) throws(BundleError) -> Verification {
    let directory = try NewDirectory(path: path)
    let verification = try verify(progress: progress) { (name, bytes) throws(BundleError) in
      try directory.write(bytes, to: name.path)
    }
    try directory.appear()
    return verification
  }

  /// Unpacks the named members alone to the new directory `path`, each below it as in the bundle. They are checked
  /// against the manifest, the rest of the bundle is not looked at.
  public func extract(members names: [String], to path: String) throws(BundleError) {
    let directory = try NewDirectory(path: path)
    for name in names {
      let bytes = try read(name)
      // A name that can be read is one of a bundle's, so it leads nowhere else.
      try directory.write(bytes[...], to: name)
    }
    try directory.appear()
  }
}

/// A new directory in which the results of a bundle's run come together as `expected-sha256.txt` lists them, so that
/// `sha256sum -c expected-sha256.txt` there checks them all. It gets its name last.
public final class ResultsDirectory: Sendable {
  private let directory: Mutex<NewDirectory>

  /// Begins with all results but the checkpoints, which `reader` holds.
  public init(path: String, reader: BundleReader) throws(BundleError) {
    let directory = try NewDirectory(path: path)
    let names: [MemberName] = [.config, .expected, .outcome, .metrics, .hashes]
    for name in names.map(\.path) {
      try directory.write(try reader.read(name)[...], to: String(name.dropFirst("data/".count)))
    }
    self.directory = Mutex(directory)
  }

  /// Adds the file of a checkpoint.
  public func add(checkpoint bytes: [UInt8], step: Int) throws(BundleError) {
    try directory.withLock { (directory) throws(BundleError) in
      try directory.write(bytes[...], to: "checkpoints/" + Checkpoint.fileName(step: step))
    }
  }

  /// Gives the directory its name.
  public func appear() throws(BundleError) {
    try directory.withLock { (directory) throws(BundleError) in try directory.appear() }
  }
}

/// A directory that is filled under a temporary name beside its own, and left out of scope before it has got that,
/// leaves nothing behind.
private final class NewDirectory {
  private let path: String
  private let name: TemporaryName
  private var written: Set<String> = []

  private var temporaryPath: String { name.path }

  init(path: String) throws(BundleError) {
    var path = path
    while path.utf8.count > 1 && path.hasSuffix("/") { path.removeLast() }
    let (parent, name) = DurableFile.split(path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw .inputOutput(path: path, detail: "it does not name a new directory")
    }
    let temporaryPath = "\(parent)/.\(name).partial"
    guard !Self.exists(path) else {
      throw .inputOutput(path: path, detail: "it exists; nothing is overwritten")
    }
    self.name = try TemporaryName(temporaryPath) {
      unsafe mkdir(temporaryPath, 0o755) == 0
        ? open(temporaryPath, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1
    } remove: { () throws(BundleError) in
      do {
        try FileManager.default.removeItem(atPath: temporaryPath)
      } catch {
        throw .inputOutput(path: temporaryPath, detail: "it cannot be removed")
      }
    }
    self.path = path
  }

  deinit {
    if name.isHeld { try? FileManager.default.removeItem(atPath: temporaryPath) }
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  private static func makeDirectory(_ path: String) throws(BundleError) {
    guard unsafe mkdir(path, 0o755) == 0 else {
      throw .inputOutput(path: path, detail: systemMessage(errno))
    }
  }

  /// Writes the member of that name, and the directories it lies in; a member written already is left alone.
  func write(_ bytes: ArraySlice<UInt8>, to name: String) throws(BundleError) {
    guard written.insert(name).inserted else { return }
    var directory = temporaryPath
    for component in name.split(separator: "/").dropLast() {
      directory += "/" + component
      if written.insert(directory).inserted { try Self.makeDirectory(directory) }
    }
    let file = try DurableFile(path: temporaryPath + "/" + name)
    try file.write(bytes)
    try file.sync()
    guard try file.appear() else {
      throw .inputOutput(path: temporaryPath + "/" + name, detail: "another program wrote it")
    }
  }

  func appear() throws(BundleError) {
    guard !Self.exists(path) else {
      throw .inputOutput(path: path, detail: "it exists; nothing is overwritten")
    }
    guard unsafe rename(temporaryPath, path) == 0 else {
      throw .inputOutput(path: path, detail: systemMessage(errno))
    }
    try syncDirectory(DurableFile.split(path).directory)
  }
}
