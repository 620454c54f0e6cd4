package import Files
package import RunRecords

/// Takes what a program has written from where it wrote it into a record, without reading what is
/// only moved.
///
/// Curves, what it found and checkpoints have places of their own; everything else is a result.
/// What is left out is said. Whatever throws, each file is either where the program wrote it or in
/// the record.
package struct Harvest {
  /// Where the program has written, and the folder of results that this becomes.
  package struct Place: Sendable {
    package var path: String
    package var name: String
    /// What was there before; only what is new or changed is taken.
    package var staging: InputStaging?
    /// All that was there before, of a directory that the program did not have for itself; its
    /// files are copied.
    package var before: [String: FileStatus]?
    /// Directories in it that are none of its own.
    package var ignored: [String] = []
  }

  package let spec: ProgramSpec
  /// Whether the program ended by itself; else the last line of its curves may be torn.
  package let isWhole: Bool
  /// Whether the files of the curves and of the outcome have to be what they are to be; else one
  /// that is not is a result like others, and that is said.
  package let isDeclared: Bool
  package let repetition: MetricsReader.Repetition

  package private(set) var results: [ProgramAttempt.File] = []
  package private(set) var checkpointSteps: [Int] = []
  package internal(set) var changedInputs: [String] = []
  package internal(set) var remarks: [String] = []
  package private(set) var unsealable: [String] = []
  package internal(set) var table = TraceTable.empty
  package internal(set) var found: [CanonicalJSON.Key: CanonicalJSON] = [:]

  /// Whether all could be looked at; what could not stays where it is.
  package internal(set) var isComplete = true

  var excluded: [String: Int] = [:]
  /// The places without links.
  var roots: [String] = []
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

extension Harvest {
  /// Moves or copies all into `folder`, a directory in the record.
  package mutating func take(_ places: [Place], into folder: String) throws(ProgramError) {
    var outputs: [WrittenOutput] = []
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
        } else if output.size > Self.largestFile {
          unsealable.append("\(name): it has more than 8 GiB")
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

  /// The most that a bundle takes of one file.
  private static let largestFile = 8 << 30

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
    _ output: WrittenOutput, at folder: String, _ name: String
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
