package import Files
package import RunRecords

/// Takes what a program has written from where it wrote it into a record, without reading what is only moved.
///
/// Curves, what it found and checkpoints have places of their own; everything else is a result. What is left out is
/// said. Whatever throws, each file is either where the program wrote it or in the record.
package struct Harvest {
  /// Where the program has written, and the folder of results that this becomes.
  package struct Place: Sendable {
    package var path: String
    package var name: String
    /// What was there before; only what is new or changed is taken.
    package var staging: InputStaging?
    /// All that was there before, of a directory that the program did not have for itself; its files are copied.
    package var before: [String: FileStatus]?
    /// Directories in it that are none of its own.
    package var ignored: [String] = []
  }

  package let spec: ProgramSpec
  /// Whether the program ended by itself; else the last line of its curves may be torn.
  package let isWhole: Bool
  /// Whether the files of the curves and of the outcome have to be what they are to be; else one that is not is a
  /// result like others, and that is said.
  package let isDeclared: Bool
  package let repetition: MetricsReader.Repetition

  package private(set) var results: [ProgramAttempt.File] = []
  package private(set) var checkpointSteps: [Int] = []
  package private(set) var changedInputs: [String] = []
  package private(set) var remarks: [String] = []
  package private(set) var unsealable: [String] = []
  package private(set) var table = TraceTable.empty
  package private(set) var found: [CanonicalJSON.Key: CanonicalJSON] = [:]

  private var excluded: [String: Int] = [:]
  /// The places without links.
  private var roots: [String] = []
  private var folders: Set<String> = []

  package init(
    spec: ProgramSpec, isWhole: Bool, isDeclared: Bool, repetition: MetricsReader.Repetition
  ) {
    self.spec = spec
    self.isWhole = isWhole
    self.isDeclared = isDeclared
    self.repetition = repetition
  }
}

/// A file that a program wrote.
private struct Output {
  var place: Harvest.Place
  /// Below the place.
  var path: String
  /// Where its content is: the file itself, or what a link leads to.
  var source: String
  var isLink: Bool
  var size: Int
}

extension Harvest {
  /// Moves or copies all into `folder`, a directory in the record.
  package mutating func take(_ places: [Place], into folder: String) throws(ProgramError) {
    var outputs: [Output] = []
    roots = places.compactMap { FileTree.resolved($0.path) }
    for place in places { outputs += try self.outputs(of: place) }
    // What a link leads to may be moved; so it is copied before.
    outputs = outputs.filter(\.isLink) + outputs.filter { !$0.isLink }
    // Read before anything is moved, so that a fault leaves all as it is.
    let curves = try takeMetrics(&outputs)
    let outcome = try takeOutcome(&outputs)
    var steps: Set<Int> = []
    for output in outputs {
      if let step = Self.checkpointStep(output.path), steps.insert(step).inserted {
        let name = ProgramRunDirectory.Name.checkpoints + "/" + Checkpoint.fileName(step: step)
        try put(output, at: folder, name)
        checkpointSteps.append(step)
      } else {
        let name = "\(ProgramRunDirectory.Name.results)/\(output.place.name)/\(output.path)"
        try put(output, at: folder, name)
        results.append(ProgramAttempt.File(path: name, size: output.size))
        if let fault = SealedName.fault(in: output.path) {
          unsealable.append("\(name): \(fault)")
        }
      }
    }
    checkpointSteps.sort()
    results.sort { $0.path < $1.path }
    for (a, b) in SealedName.foldedDuplicates(results.map(\.path)) {
      unsealable.append("\(b): it cannot lie beside \(a)")
    }
    // They are in the record in another form; the files themselves need not be kept.
    for output in [curves, outcome].compactMap({ $0 }) where output.place.before == nil {
      try? FileTree.remove(output.place.path + "/" + output.path)
    }
    for (rule, count) in excluded.sorted(by: { $0.key < $1.key }) {
      remarks.append("\(rule): \(count) left out, as always")
    }
  }

  /// N of `checkpoints/step-N.safetensors`.
  private static func checkpointStep(_ path: String) -> Int? {
    let start = "checkpoints/step-"
    let end = ".safetensors"
    guard path.hasPrefix(start), path.hasSuffix(end) else { return nil }
    let digits = path.dropFirst(start.utf8.count).dropLast(end.utf8.count)
    guard !digits.isEmpty, digits.utf8.count <= 20,
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let step = Int(digits), step <= 1 << 53
    else { return nil }
    return step
  }

  private mutating func put(
    _ output: Output, at folder: String, _ name: String
  ) throws(ProgramError) {
    let path = folder + "/" + name
    let parent = PathParts.split(path).folder
    if folders.insert(parent).inserted { try onDisk(try FileTree.makeDirectory(parent)) }
    if output.isLink || output.place.before != nil {
      _ = try onDisk(
        try FileTree.copy(output.source, to: path, isExecutable: false) { _ in })
    } else {
      try onDisk(try FileTree.move(output.source, to: path))
    }
  }
}

// MARK: Finding

extension Harvest {
  private mutating func outputs(of place: Place) throws(ProgramError) -> [Output] {
    if place.before == nil { mendNames(in: place) }
    var outputs: [Output] = []
    guard let root = FileTree.resolved(place.path) else { return [] }
    var (entries, faults) = ([DirectoryWalk.Entry](), [FileError]())
    var prunedRules: [String: Int] = [:]
    (entries, faults) = DirectoryWalk.entries(of: root) { entry in
      if place.ignored.contains(root + "/" + entry.path) { return false }
      return DefaultExclusions.rule(for: entry.name) == nil
    }
    remarks += faults.map { "\($0)" }
    let runFiles = Self.runFiles(entries)
    for entry in entries {
      if runFiles.contains(entry.path) {
        excluded["run.json and lock of a run", default: 0] += 1
        continue
      }
      if let rule = DefaultExclusions.rule(for: entry.name) {
        if place.before?[entry.path] != entry.status { prunedRules[rule, default: 0] += 1 }
        continue
      }
      outputs += try self.outputs(of: entry, place: place, root: root)
    }
    for (rule, count) in prunedRules { excluded[rule, default: 0] += count }
    if let staging = place.staging, place.before == nil {
      let there = Set(entries.map(\.path))
      for path in staging.staged.keys.sorted() where !there.contains(path) {
        remarks.append("the program removed its input \(path)")
      }
    }
    return outputs
  }

  /// `run.json` and `lock` in the directories of finished runs of this software, which are never sealed: they name a
  /// host and a time.
  private static func runFiles(_ entries: [DirectoryWalk.Entry]) -> Set<String> {
    typealias Name = ProgramRunDirectory.Name
    let paths = Set(entries.map(\.path))
    var found: Set<String> = []
    for path in paths where PathParts.split("./" + path).name == Name.run {
      let folder = String(path.dropLast(Name.run.utf8.count))
      let spec = [Name.config, Name.program].contains { paths.contains(folder + $0) }
      if spec && paths.contains(folder + Name.outcome) && paths.contains(folder + Name.lock) {
        found.formUnion([path, folder + Name.lock])
      }
    }
    return found
  }

  /// What an entry gives: itself, what a link leads to, or nothing.
  private mutating func outputs(
    of entry: DirectoryWalk.Entry, place: Place, root: String
  ) throws(ProgramError) -> [Output] {
    let shown = place.name + "/" + entry.path
    if let before = place.before, before[entry.path] == entry.status { return [] }
    if let staging = place.staging,
      try staging.isUnchanged(entry.path, in: root, entry.status)
    {
      return []
    }
    switch entry.kind {
    case .directory: return []
    case .special:
      remarks.append("\(shown) is a socket, a pipe or a device, and was left out")
      return []
    case .file:
      if place.staging?.staged[entry.path] != nil {
        changedInputs.append(entry.path)
        remarks.append("the program changed its input \(entry.path), which is now a result as well")
      }
      return [
        Output(
          place: place, path: entry.path, source: root + "/" + entry.path, isLink: false,
          size: entry.status.size)
      ]
    case .link:
      let source = FileTree.resolved(root + "/" + entry.path)
      guard let source, roots.contains(where: { source.hasPrefix($0 + "/") }) else {
        remarks.append(
          "\(shown) is a link that leads " + (source == nil ? "nowhere" : "outside")
            + ", and was left out")
        return []
      }
      return linked(entry, source, place)
    }
  }

  /// The files that a link within its directory leads to. Links on the way are not followed again.
  private mutating func linked(
    _ entry: DirectoryWalk.Entry, _ source: String, _ place: Place
  ) -> [Output] {
    guard let status = try? FileStatus(of: source) else { return [] }
    switch status.kind {
    case .file:
      return [
        Output(
          place: place, path: entry.path, source: source, isLink: true, size: status.size)
      ]
    case .directory:
      var outputs: [Output] = []
      let isKept: (DirectoryWalk.Entry) -> Bool = { DefaultExclusions.rule(for: $0.name) == nil }
      DirectoryWalk.visit(source, enters: isKept) { inner in
        guard inner.kind == .file, isKept(inner) else { return }
        outputs.append(
          Output(
            place: place, path: entry.path + "/" + inner.path, source: source + "/" + inner.path,
            isLink: true, size: inner.status.size))
      }
      return outputs
    case .link, .special:
      remarks.append("\(place.name)/\(entry.path) is a link to no file, and was left out")
      return []
    }
  }

  /// Gives files whose names are no UTF-8 others that are, with the odd bytes in hexadecimal digits.
  private mutating func mendNames(in place: Place) {
    var again = true
    while again {
      again = false
      var raw: [DirectoryWalk.Entry] = []
      DirectoryWalk.visit(place.path) { if $0.rawName != nil { raw.append($0) } }
      for entry in raw {
        guard let name = entry.rawName else { continue }
        let mended = name.map { byte in
          byte < 0x80 && byte != UInt8(ascii: "%")
            ? String(Unicode.Scalar(byte))
            : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        let folder = PathParts.split(place.path + "/" + entry.path).folder
        do throws(FileError) {
          try FileTree.move(rawName: name, in: folder, to: mended)
          remarks.append("\(place.name)/\(entry.path): its name is no UTF-8, and is now \(mended)")
          again = again || entry.kind == .directory
        } catch {
          remarks.append("\(error)")
        }
      }
    }
  }
}

// MARK: Curves and outcome

extension Harvest {
  private mutating func takeMetrics(_ outputs: inout [Output]) throws(ProgramError) -> Output? {
    guard let metrics = spec.metrics else { return nil }
    var index: Int?
    for name in MetricsReader.names(of: metrics.file) where index == nil {
      index = outputs.firstIndex { $0.path == name }
    }
    guard let index else { return nil }
    let output = outputs[index]
    do throws(MetricsFault) {
      var reader = MetricsReader(
        form: .init(fileName: output.path), step: metrics.step, repetition: repetition)
      try read(output) { piece throws(MetricsFault) in try reader.append(piece) }
      try reader.finish(isWhole: isWhole)
      table = try reader.table()
      remarks += reader.remarks.map { "\(output.path): \($0)" }
    } catch {
      try refuse(output, error)
      return nil
    }
    outputs.remove(at: index)
    return output
  }

  private mutating func takeOutcome(_ outputs: inout [Output]) throws(ProgramError) -> Output? {
    guard let name = spec.outcome, let index = outputs.firstIndex(where: { $0.path == name })
    else { return nil }
    let output = outputs[index]
    do throws(MetricsFault) {
      var bytes: [UInt8] = []
      guard output.size <= ProgramOutcome.largestSize else {
        throw MetricsFault(
          line: 0, reason: "it has more than \(ProgramOutcome.largestSize) bytes")
      }
      try read(output) { piece throws(MetricsFault) in bytes += piece }
      found = try FoundOutcome.read(bytes)
    } catch {
      try refuse(output, error)
      return nil
    }
    outputs.remove(at: index)
    return output
  }

  /// Gives the content to `body`; a file that cannot be read is a fault of it.
  private func read(
    _ output: Output, _ body: (ArraySlice<UInt8>) throws(MetricsFault) -> Void
  ) throws(MetricsFault) {
    var fault: MetricsFault?
    do throws(FileError) {
      try FileTree.read(output.source) { piece in
        guard fault == nil else { return }
        do throws(MetricsFault) {
          try body(piece)
        } catch {
          fault = error
        }
      }
    } catch {
      fault = MetricsFault(line: 0, reason: "\(error)")
    }
    if let fault { throw fault }
  }

  private mutating func refuse(_ output: Output, _ fault: MetricsFault) throws(ProgramError) {
    let name = output.place.name + "/" + output.path
    guard !isDeclared else {
      throw .written(file: name, line: fault.line, reason: fault.reason, kept: output.place.path)
    }
    remarks.append("\(name) is kept as a file, not as what its name says: \(fault)")
  }
}
