public import RunRecords

extension SweepPlan {
  /// Returns the config in a program file, by the name that a plan has for the file; nil if the
  /// program has no config.
  public typealias ProgramReader = (String) throws(RecordError) -> CanonicalJSON?

  /// Reads a plan as people write it, and every config in it.
  ///
  /// - Parameters:
  ///   - text: The content of the file.
  ///   - file: The file's name, for errors.
  ///   - program: Called once for each program file that the plan names.
  public init(
    yaml text: String, file: String = "",
    program: @escaping ProgramReader = { (_) throws(RecordError) in
      throw .config(
        place: "", key: "", reason: "only `regrok sweep` takes plans of programs")
    }
  ) throws(RecordError) {
    guard text.utf8.count <= Self.largestPlan else {
      throw .config(
        place: file, key: "", reason: "a plan has at most \(Self.largestPlan) bytes")
    }
    guard let root = try YAMLTree.read(text, file: file) else {
      throw .config(place: file, key: "", reason: "a plan has experiments, and this is empty")
    }
    let presets = PlanBase.trainer(nil)
    let section = try YAMLSection(
      plan: root, name: "",
      keys: PlanBase.isProgram(root, over: presets)
        ? ["preset", "program", "seed", "set", "also", "experiments"]
        : ["preset", "set", "also", "experiments"])
    var programs = ProgramFiles(program)
    let base = try PlanBase(section, over: presets, &programs)
    let settings = try section.settings("set", seedKey: base.seedKey)
    var experiments: [Experiment] = []
    var count = 0
    for item in try section.items("experiments", required: true) {
      let reader = try ExperimentReader(item, base: base, settings: settings, &programs)
      if experiments.contains(where: { $0.name == reader.name }) {
        throw .config(
          place: item.place, key: "name", reason: "two experiments have the name \(reader.name)")
      }
      let experiment = try reader.experiment(mostRuns: Self.mostRuns - count, &programs)
      count += experiment.runs.count
      experiments.append(experiment)
    }
    self.init(experiments: experiments)
    for item in try section.items("also") {
      guard let folder = item.scalar, !folder.isEmpty, also.count < Self.mostFolders else {
        throw section.refusal(
          "also", "must be a list of at most \(Self.mostFolders) folders", at: item.place)
      }
      also.append(folder)
    }
  }
}
