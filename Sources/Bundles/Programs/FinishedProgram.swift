import Archive
import ArchiveFiles
import BundleChecks
import Digests
import RunRecords

/// The directory of a program's finished run, read for packing.
struct FinishedProgram {
  let record: RecordedProgram
  /// When it was performed, as YYYY-MM-DDThh:mm:ss.sss+00:00.
  let started, ended: String
  /// The words of the command line without folders, quoted for a shell where they need it.
  let command: String
  let name: String
  /// The records and files that go into the bundle as they are.
  let sources: [MemberName: FinishedRun.Source]
  let leftOut: LeftOutFiles

  /// - Parameters:
  ///   - thin: Leaves checkpoints and large results out.
  ///   - excluded: Patterns of results that are left out; each has to mean one.
  init(directory: String, thin: Bool, excluding excluded: [PathPattern]) throws(BundleError) {
    let reader = try ProgramDirectoryReader(path: directory)
    let log = try reader.log()
    guard let started = log["started"]?.stringValue, CrateCheck.isTime(started),
      let ended = log["ended"]?.stringValue, CrateCheck.isTime(ended)
    else {
      throw .notARun(
        path: directory, detail: "run.json does not say when the run was performed")
    }
    (self.started, self.ended) = (started, ended)
    record = RecordedProgram(reader)
    name = record.name
    command = FinishedRun.command(record.spec.run)
    var sources: [MemberName: FinishedRun.Source] = [:]
    for name in MemberName.required(of: .program) where Self.isCopied(name) {
      sources[name] = try .init(try reader.file(name))
    }
    var leftOut: [CanonicalJSON.Key: LeftOutFiles.Entry] = [:]
    var unused = excluded
    for file in reader.files {
      unused.removeAll { $0.matches(file.path) && file.name.resultPath != nil }
      if let reason = Self.reason(file, thin: thin, excluding: excluded) {
        leftOut[CanonicalJSON.Key(file.path)] = .init(
          bytes: file.size, digest: file.digest, reason: reason)
      } else {
        sources[file.name] = .init(
          path: try reader.file(file.name).path, size: file.size, digest: file.digest)
      }
    }
    if let pattern = unused.first {
      throw .notARun(
        path: directory, detail: "\(pattern.text) means none of its results, so nothing is excluded"
      )
    }
    for entry in record.inputs.entries where record.missingInputs.contains(entry.path) {
      leftOut[CanonicalJSON.Key("inputs/" + entry.path)] = .init(
        bytes: nil, digest: entry.digest, reason: .largeInput)
    }
    self.sources = sources
    self.leftOut = LeftOutFiles(leftOut)
  }

  /// Why a file is left out; nil where it is not.
  private static func reason(
    _ file: ProgramDirectoryReader.File, thin: Bool, excluding excluded: [PathPattern]
  ) -> LeftOutFiles.Reason? {
    switch file.name {
    case .result:
      if excluded.contains(where: { $0.matches(file.path) }) { return .excluded }
      return thin && file.size > ProgramContents.smallResult ? .thin : nil
    case .checkpoint:
      if excluded.contains(where: { $0.matches(file.path) }) { return .excluded }
      return thin ? .thin : nil
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .program, .inputList, .expected, .outcome, .environment, .repeats, .leftOut, .crate,
      .preview, .metrics, .hashes, .observed, .log, .input:
      return nil
    }
  }

  /// Whether a record goes into the bundle as the directory has it.
  private static func isCopied(_ name: MemberName) -> Bool {
    switch name {
    case .program, .inputList, .outcome, .environment, .repeats, .metrics, .observed, .log: true
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .expected, .leftOut, .crate, .preview, .hashes, .input, .result, .checkpoint:
      false
    }
  }
}
