public import Archive
public import ArchiveFiles
import BundleChecks
private import Files
import RunRecords
private import Synchronization

extension BundleReader {
  /// Unpacks the bundle's tree to the new directory `path`. The directory gets its name only after
  /// the whole bundle has been verified. Nothing else is written, and nothing that exists is
  /// touched.
  @discardableResult
  public func extract(
    to path: String, progress: @escaping BundleProgress = { _ in }
  ) throws(BundleError) -> Verification {
    let directory = try onDisk(try NewDirectory(path: path))
    let verification = try verify(
      progress: progress,
      whenRead: { (name, bytes) throws(BundleError) in
        try onDisk(try directory.write(bytes, to: name.path))
      },
      whenPart: { (name, part) throws(BundleError) in
        try onDisk(try directory.append(part, to: name.path))
      })
    try onDisk(try directory.appear())
    return verification
  }

  /// Unpacks only the named members to the new directory `path`, each at its path in the bundle.
  /// They are checked against the manifest; the rest of the bundle is not read.
  public func extract(members names: [String], to path: String) throws(BundleError) {
    let directory = try onDisk(try NewDirectory(path: path))
    var written: Set<String> = []
    for name in names where written.insert(name).inserted {
      // Only names of a bundle's members can be read, so none leads out of the directory.
      try read(
        name,
        inParts: { (part) throws(BundleError) in
          try onDisk(try directory.append(part, to: name))
        })
    }
    try onDisk(try directory.appear())
  }
}

/// A new directory that collects the results of a bundle's run at the paths of
/// `expected-sha256.txt`. There `sha256sum -c expected-sha256.txt` checks them all. The directory
/// gets its name last.
///
/// It also holds, as sealed, what performed the run and when, so that it can be packed.
public final class ResultsDirectory: Sendable {
  private let directory: Mutex<NewDirectory>

  /// Begins with all results but the checkpoints, read from `reader`.
  public init(path: String, reader: BundleReader) throws(BundleError) {
    let directory = try onDisk(try NewDirectory(path: path))
    let names: [MemberName] = [
      .config, .expected, .outcome, .environment, .crate, .metrics, .hashes,
    ]
    for name in names.map(\.path) {
      let bytes = try reader.read(name)
      try onDisk(try directory.write(bytes[...], to: String(name.dropFirst("data/".count))))
    }
    self.directory = Mutex(directory)
  }

  /// Adds the file of a checkpoint.
  public func add(checkpoint bytes: [UInt8], step: Int) throws(BundleError) {
    try directory.withLock { (directory) throws(BundleError) in
      try onDisk(
        try directory.write(bytes[...], to: "checkpoints/" + Checkpoint.fileName(step: step)))
    }
  }

  /// Gives the directory its name.
  public func appear() throws(BundleError) {
    try directory.withLock { (directory) throws(BundleError) in
      try onDisk(try directory.appear())
    }
  }
}
