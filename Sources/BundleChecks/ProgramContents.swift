package import Archive
package import Digests
package import RunRecords

/// What the members of a bundle say of a program's run.
package struct ProgramContents {
  package private(set) var spec: ProgramSpec?
  package private(set) var inputs: InputList?
  package private(set) var outcome: ProgramOutcome?
  package private(set) var repeats = Repeats.notMeasured
  package private(set) var leftOut = LeftOutFiles()
  package private(set) var metrics = TraceTable.empty
  package private(set) var observed = TraceTable.empty

  package init() {}

  /// Whether a member is one of the files that the program was given or made.
  package static func isFile(_ name: MemberName) -> Bool {
    switch name {
    case .input, .result, .checkpoint: true
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .program, .inputList, .expected, .outcome, .environment, .repeats, .leftOut, .crate,
      .preview, .metrics, .hashes, .observed, .log:
      false
    }
  }

  package mutating func read(
    _ name: MemberName, _ bytes: [UInt8], expected: Manifest
  ) throws(BundleError) {
    if name == .program {
      spec = try Self.spec(bytes)
      return
    }
    do throws(RecordError) {
      switch name {
      case .inputList: inputs = try InputList(bytes: bytes)
      case .outcome: outcome = try ProgramOutcome(bytes: bytes)
      case .repeats: repeats = try Repeats(bytes: bytes)
      case .leftOut: leftOut = try LeftOutFiles(bytes: bytes)
      case .metrics: metrics = try TraceTable(canonical: bytes, file: "metrics.csv")
      case .observed: observed = try TraceTable(canonical: bytes, file: "observed.csv")
      case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
        .program, .expected, .environment, .crate, .preview, .hashes, .log, .input, .result,
        .checkpoint:
        preconditionFailure("\(name.path) is no record of a program's run")
      }
    } catch {
      throw Self.damaged(name, error)
    }
    try check(name, bytes, expected: expected)
  }

  /// A later version of the record may be sound, so it is not called damaged.
  private static func spec(_ bytes: [UInt8]) throws(BundleError) -> ProgramSpec {
    let json = try CanonicalJSON(member: .program, bytes)
    if let version = json["version"]?.intValue, version > ProgramSpec.formatVersion {
      throw .unsupported(
        detail: "its program.json is of version \(version), this program knows "
          + "\(ProgramSpec.formatVersion)")
    }
    do throws(RecordError) {
      return try ProgramSpec(json: json)
    } catch {
      throw damaged(.program, error)
    }
  }

  private static func damaged(_ name: MemberName, _ error: RecordError) -> BundleError {
    let reason: BundleError.Reason =
      switch name {
      case .program: .configLimit
      case .inputList: .manifest
      case .metrics, .observed: .trace
      case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
        .expected, .outcome, .environment, .repeats, .leftOut, .crate, .preview, .hashes, .log,
        .input, .result, .checkpoint:
        .json
      }
    return .damaged(reason, member: name.path, detail: error.description)
  }

  /// Checks a record against those read before it.
  private func check(
    _ name: MemberName, _ bytes: [UInt8], expected: Manifest
  ) throws(BundleError) {
    func damaged(_ reason: BundleError.Reason, _ detail: String) -> BundleError {
      .damaged(reason, member: name.path, detail: detail)
    }
    guard let spec else { return }
    switch name {
    case .inputList:
      guard Digest(of: bytes) == spec.inputs else {
        throw damaged(.manifest, "it is not the list whose digest program.json has")
      }
    case .outcome:
      if spec.adopted != nil, let ending = outcome?.ending, ending != .unknown {
        throw damaged(.json, "nothing was executed, so nothing is known of an end")
      }
      for key in (outcome?.found ?? [:]).keys.sorted()
      where spec.compare.rule(outcome: key.text) == .ignore {
        throw damaged(.json, "\(key.text) is ignored, so it is no result")
      }
    case .metrics, .observed:
      let table = name == .metrics ? metrics : observed
      for column in table.columns
      where (spec.compare.rule(column: column.name) == .ignore) != (name == .observed) {
        throw damaged(
          .trace, "the column \(column.name) does not belong here, by what program.json compares")
      }
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .program, .expected, .environment, .repeats, .leftOut, .crate, .preview, .hashes, .log,
      .input, .result, .checkpoint:
      break
    }
  }

  // MARK: Lists

  /// The results that every run of a program has, in the order of the list.
  package static let records: [MemberName] = [.program, .inputList, .outcome, .metrics]

  /// Checks the list of results. It begins with the records; results follow in ascending order, and
  /// the program's own rules ignore none of them. What the bundle holds has the manifest's digests.
  /// No two paths collide where letter case is ignored. The results of an adopted run are those
  /// that its record names.
  package func check(expected: Manifest, manifest: Manifest) throws(BundleError) {
    func damaged(_ detail: String) -> BundleError {
      .damaged(.manifest, member: MemberName.expected.path, detail: detail)
    }
    let paths = expected.entries.map { $0.path }
    guard paths.starts(with: Self.records.map { $0.resultPath! }) else {
      throw damaged("it does not begin with the run's records")
    }
    var last: MemberName?
    for path in paths.dropFirst(Self.records.count) {
      // Each path stands once, so no record comes again.
      guard let name = MemberName(path: "data/" + path, of: .program), name.resultPath == path
      else { throw damaged("it lists \(path), which is no result") }
      if let last, name <= last { throw damaged("\(path) is not in its place") }
      if spec?.compare.rule(file: path) == .ignore {
        throw damaged("it lists \(path), which program.json does not compare")
      }
      last = name
    }
    let held = manifest.digests
    // This includes files that are left out: whoever computes them again puts them beside the
    // others.
    let leftOut = expected.entries.map { "data/" + $0.path }.filter { held[$0] == nil }
    let all = manifest.entries.map { $0.path } + leftOut
    if let (a, b) = SealedName.foldedDuplicates(all).first {
      throw .damaged(.duplicate, member: b, detail: "it cannot lie beside \(a)")
    }
    for entry in expected.entries {
      let path = "data/" + entry.path
      if let digest = held[path], digest != entry.digest {
        throw .damaged(
          .manifest, member: path, detail: "its SHA-256 is not the expected result's")
      }
    }
    if let adopted = spec?.adopted, adopted != Self.resultDigest(expected) {
      throw damaged("it does not list the results whose digest program.json has")
    }
  }

  /// The digest that names an adopted run's results in its own record. It is the digest of the list
  /// of results without the first two lines, for the record and the list of inputs: the record
  /// names those itself.
  package static func resultDigest(_ expected: Manifest) -> Digest {
    Digest(of: Manifest(Array(expected.entries.dropFirst(2))).bytes)
  }

  /// Checks that each input and result is in the bundle, or is left out for a stated reason.
  package func finish(manifest: Manifest, expected: Manifest) throws(BundleError) {
    func damaged(_ path: String, _ detail: String) -> BundleError {
      .damaged(.manifest, member: path, detail: detail)
    }
    let held = manifest.digests
    var known: [String: Digest] = [:]
    for entry in expected.entries.dropFirst(Self.records.count) { known[entry.path] = entry.digest }
    for entry in inputs?.entries ?? [] { known["inputs/" + entry.path] = entry.digest }
    for (path, digest) in known.sorted(by: { $0.key < $1.key }) {
      switch (held["data/" + path], leftOut[path]) {
      case (let found?, nil):
        guard found == digest else {
          throw damaged("data/" + path, "its SHA-256 is not the one that its list says")
        }
      case (nil, let entry?):
        guard entry.digest == digest else {
          throw damaged(MemberName.leftOut.path, "\(path) has another digest in its list")
        }
      case (nil, nil): throw damaged("data/" + path, "it is neither here nor left out")
      case (.some, .some): throw damaged("data/" + path, "it is here, and said to be left out")
      }
    }
    for entry in manifest.entries {
      guard let name = MemberName(path: entry.path, of: .program), Self.isFile(name) else {
        continue
      }
      let path = String(entry.path.dropFirst("data/".count))
      guard known[path] == nil else { continue }
      guard name.resultPath != nil, spec?.compare.rule(file: path) == .ignore else {
        throw damaged(entry.path, "no list has it")
      }
    }
    let left = leftOut.entries.sorted { $0.key < $1.key }
    for (path, entry) in left where !Self.fits(entry, path.text) {
      throw damaged(
        MemberName.leftOut.path, "\(path) cannot be left out as \(entry.reason.rawValue)")
    }
    for (path, _) in left where known[path.text] == nil {
      guard let name = MemberName(path: "data/" + path.text, of: .program),
        name.resultPath == path.text, spec?.compare.rule(file: path.text) == .ignore,
        held["data/" + path.text] == nil
      else {
        throw damaged(MemberName.leftOut.path, "\(path) is in no list of inputs or results")
      }
    }
  }

  /// A result of at most this many bytes is in a thin bundle, too.
  package static let smallResult = 64 << 10

  /// Whether a file with this path and size can be left out for this reason.
  private static func fits(_ entry: LeftOutFiles.Entry, _ path: String) -> Bool {
    switch (entry.reason, MemberName(path: "data/" + path, of: .program)) {
    case (.largeInput, .input): true
    // Only an input that nobody kept may be of unknown size.
    case (.excluded, .result), (.excluded, .checkpoint), (.thin, .checkpoint): entry.bytes != nil
    case (.thin, .result): (entry.bytes ?? 0) > smallResult
    case (.largeInput, _), (.excluded, _), (.thin, _): false
    }
  }
}
