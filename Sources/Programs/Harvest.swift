package import Files
package import RunRecords

/// Takes what a program has written into a record. Files that are only moved are not read.
///
/// Curves, outcome and checkpoints have their own places; everything else is a result. What is left
/// out is reported. Whatever is thrown, each file is either where the program wrote it or in the
/// record.
package struct Harvest {
  /// Where the program has written, and the folder of results that it becomes.
  package struct Place: Sendable {
    package var path: String
    package var name: String
    /// The inputs that were there before. Only what is new or changed is taken.
    package var staging: InputStaging?
    /// All that was there before, in a directory that the program shared with others. Its files are
    /// copied.
    package var before: [String: FileStatus]?
    /// Directories in it that do not belong to the program.
    package var ignored: [String] = []
  }

  package let spec: ProgramSpec
  /// Whether the program ended by itself. If not, the last line of its curves may be torn.
  package let isWhole: Bool
  /// Whether invalid files of curves or outcome are errors. If not, such a file becomes an ordinary
  /// result, and this is reported.
  package let isDeclared: Bool
  package let repetition: MetricsReader.Repetition
  /// Files of curves and outcome that were asked for by name.
  package let named: [String]

  package private(set) var results: [ProgramAttempt.File] = []
  package private(set) var checkpointSteps: [Int] = []
  package internal(set) var remarks: [String] = []
  package private(set) var unsealable: [UnsealableFile] = []
  package internal(set) var table = TraceTable.empty
  package internal(set) var found: [CanonicalJSON.Key: CanonicalJSON] = [:]

  /// Whether everything could be examined. What could not be stays where it is.
  package internal(set) var isComplete = true

  var excluded: [String: Int] = [:]
  /// The paths of the places, without links.
  var roots: [String] = []
  private var folders: Set<String> = []

  package init(
    spec: ProgramSpec, isWhole: Bool, isDeclared: Bool, repetition: MetricsReader.Repetition,
    named: [String] = []
  ) {
    self.spec = spec
    self.isWhole = isWhole
    self.isDeclared = isDeclared
    self.repetition = repetition
    self.named = named
  }
}

extension Harvest {
  /// Moves or copies everything into `folder`, a directory in the record.
  package mutating func take(_ places: [Place], into folder: String) throws(ProgramError) {
    var outputs: [WrittenOutput] = []
    roots = places.compactMap { FileTree.resolved($0.path) }
    for place in places { outputs += try self.outputs(of: place) }
    for name in named {
      let names = MetricsReader.names(of: name)
      guard !outputs.contains(where: { names.contains($0.path) }) else { continue }
      remarks.append("\(name) was asked for, but was not written")
    }
    // The target of a link may be moved, so links are copied first.
    outputs = outputs.filter(\.isLink) + outputs.filter { !$0.isLink }
    // These are read before anything is moved, so that a fault leaves everything as it is.
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
      }
    }
    checkpointSteps.sort()
    results.sort { $0.path < $1.path }
    unsealable = UnsealableFile.find(among: results.map { (path: $0.path, size: $0.size) })
    // They are in the record in another form, so the files themselves need not be kept.
    for output in [curves, outcome].compactMap({ $0 }) where output.place.before == nil {
      try? FileTree.remove(output.place.path + "/" + output.path)
    }
    for (rule, count) in excluded.sorted(by: { $0.key < $1.key }) {
      remarks.append("\(rule): \(count) left out, as always")
    }
  }

  /// N in `checkpoints/step-N.safetensors`.
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
