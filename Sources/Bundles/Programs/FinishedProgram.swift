import Archive
import ArchiveFiles
import BundleChecks
import Digests
import RunRecords

/// A program's finished run, read for packing.
struct FinishedProgram {
  let record: RecordedProgram
  let performance: Performance
  /// The words of the command line without folders, quoted for a shell where they need it.
  let command: String
  let name: String
  /// The records and files that go into the bundle as they are.
  let sources: [MemberName: FinishedRun.Source]
  let leftOut: LeftOutFiles

  /// - Parameters:
  ///   - thin: Leaves out checkpoints and large results.
  ///   - excluded: Patterns of results that are left out; each must match at least one.
  init(directory: String, thin: Bool, excluding excluded: [PathPattern]) throws(BundleError) {
    let reader = try ProgramDirectoryReader(path: directory)
    try self.init(
      RecordedProgram(reader), try Performance(directory: directory), files: reader.files,
      thin: thin, excluding: excluded
    ) { (name, size, digest) throws(BundleError) in
      let file = try reader.file(name)
      guard let size, let digest else { return try .init(file) }
      return .init(.file(path: file.path), size: size, digest: digest)
    }
  }

  /// From a bundle that has been verified. What it leaves out stays left out.
  init(_ reader: BundleReader, thin: Bool, excluding excluded: [PathPattern]) throws(BundleError) {
    var files: [ProgramDirectoryReader.File] = []
    for entry in reader.manifest.entries {
      guard let name = MemberName(path: entry.path, of: .program), ProgramContents.isFile(name)
      else { continue }
      files.append(
        .init(
          name: name, path: Crate.path(name), size: try reader.size(of: entry.path),
          digest: entry.digest))
    }
    let record = try RecordedProgram(reader)
    try self.init(
      record, try Performance(reader), files: files, leftOut: record.leftOut, thin: thin,
      excluding: excluded
    ) { (name, _, _) throws(BundleError) in try reader.source(of: name) }
  }

  /// - Parameters:
  ///   - files: Inputs, results and checkpoints that are here.
  ///   - leftOut: What was left out before.
  ///   - source: A record or a file as it goes into a bundle; it is given size and digest if known.
  private init(
    _ record: RecordedProgram, _ performance: Performance, files: [ProgramDirectoryReader.File],
    leftOut before: [CanonicalJSON.Key: LeftOutFiles.Entry] = [:], thin: Bool,
    excluding excluded: [PathPattern],
    source: (MemberName, _ size: Int?, Digest?) throws(BundleError) -> FinishedRun.Source
  ) throws(BundleError) {
    self.performance = performance
    self.record = record
    name = record.name
    command = Performance.command(record.spec.run)
    var sources: [MemberName: FinishedRun.Source] = [:]
    for name in MemberName.required(of: .program) where Self.isCopied(name) {
      sources[name] = try source(name, nil, nil)
    }
    var leftOut = before
    var unused = excluded
    var kept: [UnsealableFile] = []
    for file in record.unsealable {
      unused.removeAll { $0.matches(file.path) }
      if !excluded.contains(where: { $0.matches(file.path) }) { kept.append(file) }
    }
    if let first = kept.first {
      let others = kept.count > 1 ? " (and \(kept.count - 1) more)" : ""
      throw .notARun(
        path: record.path,
        detail: "\(first.path)\(others) cannot be sealed: \(first.reason); pack --exclude "
          + "\(ShellWord.quoted(first.pattern)) leaves it out")
    }
    for file in files {
      unused.removeAll { $0.matches(file.path) && file.name.resultPath != nil }
      if let reason = Self.reason(file, thin: thin, excluding: excluded) {
        leftOut[CanonicalJSON.Key(file.path)] = .init(
          bytes: file.size, digest: file.digest, reason: reason)
      } else {
        sources[file.name] = try source(file.name, file.size, file.digest)
      }
    }
    if let pattern = unused.first {
      throw .notARun(
        path: record.path,
        detail: "\(pattern.text) means none of its results, so nothing is excluded")
    }
    for entry in record.inputs.entries where record.missingInputs.contains(entry.path) {
      leftOut[CanonicalJSON.Key("inputs/" + entry.path)] = .init(
        bytes: nil, digest: entry.digest, reason: .largeInput)
    }
    self.sources = sources
    self.leftOut = LeftOutFiles(leftOut)
  }

  /// Why a file is left out; nil if it is not.
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

  /// Whether a record goes into the bundle as it stands in the directory.
  private static func isCopied(_ name: MemberName) -> Bool {
    switch name {
    case .program, .inputList, .outcome, .environment, .repeats, .metrics, .observed, .log: true
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .expected, .leftOut, .crate, .preview, .hashes, .input, .result, .checkpoint:
      false
    }
  }
}
