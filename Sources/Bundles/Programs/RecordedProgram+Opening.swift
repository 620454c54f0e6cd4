import Archive
import BundleChecks
import Digests
import RunRecords
private import Synchronization

extension RecordedProgram {
  /// From a bundle that is open. The bundle is opened again when a file is first read, and then
  /// stays open for further reads.
  init(_ reader: BundleReader) throws(BundleError) {
    guard case .program(let head) = reader.contents else {
      throw .unsupported(detail: "it is the run of the trainer here, not of a program")
    }
    let (path, identity) = (reader.path, reader.identity)
    /// Opens the bundle again; it must be the same one.
    @Sendable func reopened() throws(BundleError) -> BundleReader {
      let reader = try BundleReader(path: path)
      guard reader.identity == identity else {
        throw .damaged(.changed, "the file was replaced while it was read")
      }
      return reader
    }
    var contents = head
    for name in [MemberName.metrics, .observed] {
      try contents.read(name, try reader.read(name.path), expected: reader.expected)
    }
    try contents.finish(manifest: reader.manifest, expected: reader.expected)
    let bytes = try reader.read(MemberName.environment.path)
    // All reads share one open bundle. It is closed with the last copy of this value.
    let last = LastReader(reopened)
    self.init(
      path: path, identities: identity, spec: contents.spec!, inputs: contents.inputs!,
      outcome: contents.outcome!,
      environment: try CanonicalJSON(member: .environment, bytes), repeats: contents.repeats,
      metrics: contents.metrics, observed: contents.observed,
      files: try Self.files(contents, reader), missingInputs: contents.missingInputs,
      sizeInBytes: reader.fileBytes,
      store: Store(
        verify: { progress throws(BundleError) in
          do throws(BundleError) { _ = try reopened().verify(progress: progress) } catch {
            throw error.at(path)
          }
        },
        bytes: { file, range throws(BundleError) in
          do throws(BundleError) {
            return try last.reader().bytes(of: "data/" + file, range)
          } catch { throw error.at(path) }
        },
        parts: { file, use throws(BundleError) in
          do throws(BundleError) { try last.reader().read("data/" + file, inParts: use) } catch {
            throw error.at(path)
          }
        }))
  }

  private static func files(
    _ contents: ProgramContents, _ reader: BundleReader
  ) throws(BundleError) -> [File] {
    let results = Set(reader.expected.entries.map(\.path))
    var files: [(name: MemberName, file: File)] = []
    for entry in reader.manifest.entries {
      guard let name = MemberName(path: entry.path, of: .program), let path = name.resultPath,
        ProgramContents.isFile(name)
      else { continue }
      files.append(
        (
          name,
          File(
            path: path, digest: entry.digest, bytes: try reader.size(of: entry.path),
            isResult: results.contains(path), leftOut: nil)
        ))
    }
    for (path, entry) in contents.leftOut.entries {
      guard let name = MemberName(path: "data/" + path.text, of: .program),
        name.resultPath != nil
      else { continue }
      files.append(
        (
          name,
          File(
            path: path.text, digest: entry.digest, bytes: entry.bytes,
            isResult: results.contains(path.text), leftOut: entry.reason)
        ))
    }
    return files.sorted { $0.name < $1.name }.map(\.file)
  }
}

extension ProgramContents {
  var missingInputs: [String] {
    leftOut.paths(.largeInput).map { String($0.dropFirst("inputs/".count)) }
  }
}

/// Opens the bundle when a file is first read, and keeps it open: a thousand files are not a
/// thousand openings.
private final class LastReader: Sendable {
  private let open: @Sendable () throws(BundleError) -> BundleReader
  private let kept = Mutex<BundleReader?>(nil)

  init(_ open: @escaping @Sendable () throws(BundleError) -> BundleReader) { self.open = open }

  func reader() throws(BundleError) -> BundleReader {
    try kept.withLock { (kept) throws(BundleError) in
      if let kept { return kept }
      let reader = try open()
      kept = reader
      return reader
    }
  }
}
