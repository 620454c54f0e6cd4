internal import RunRecords

/// What the settings of an experiment are applied to: a preset, or the config of a program file.
enum PlanBase {
  /// Nil means the preset of the task's name.
  case trainer(Preset?)
  case program(ProgramBase)
}

extension PlanBase {
  /// The key of a config that `seeds` sets.
  var seedKey: String {
    switch self {
    case .trainer: "seed"
    case .program(let base): base.seedKey
    }
  }

  /// What a section states, or else what the plan states for all its experiments.
  init(
    _ section: YAMLSection, over outer: PlanBase, _ programs: inout ProgramFiles
  ) throws(RecordError) {
    let seedKey = try section["seed"].map { _ throws(RecordError) in try section.text("seed") }
    if section["program"] != nil {
      guard section["preset"] == nil else {
        throw section.refusal("program", "cannot be given together with preset")
      }
      var base = try programs.read(section)
      if case .program(let other) = outer { base.seedKey = other.seedKey }
      self = .program(base)
    } else if let preset = try section.preset() {
      self = .trainer(preset)
    } else {
      self = outer
    }
    if let seedKey, case .program(var base) = self {
      base.seedKey = seedKey
      self = .program(base)
    }
  }

  /// Whether a section is about runs of a program, and so may have the keys for them.
  static func isProgram(_ tree: YAMLTree, over outer: PlanBase) -> Bool {
    guard case .mapping(let members) = tree.content else { return false }
    let keys = Set(members.map(\.key))
    switch outer {
    case .trainer: return keys.contains("program")
    case .program: return keys.contains("program") || !keys.contains("preset")
    }
  }
}

/// The program files of a plan; each is read once.
struct ProgramFiles {
  private let read: SweepPlan.ProgramReader
  private var bases: [String: ProgramBase] = [:]
  /// How many bytes are left for the configs of all runs.
  private var bytesLeft = SweepPlan.mostConfigBytes

  init(_ read: @escaping SweepPlan.ProgramReader) { self.read = read }

  mutating func read(_ section: YAMLSection) throws(RecordError) -> ProgramBase {
    let file = try section.text("program")
    if let base = bases[file] { return base }
    guard bases.count < SweepPlan.mostPrograms else {
      throw section.refusal(
        "program", "a plan names at most \(SweepPlan.mostPrograms) program files")
    }
    do throws(RecordError) {
      let base = ProgramBase(file: file, config: try read(file))
      bases[file] = base
      return base
    } catch {
      throw section.refusal("program", "\(error)")
    }
  }

  /// Counts the configs of an experiment before they are made. Returns whether there is room for
  /// them.
  mutating func hasRoom(for runs: Int, of base: ProgramBase) -> Bool {
    let (bytes, overflow) = base.configBytes.multipliedReportingOverflow(by: runs)
    guard !overflow, bytes <= bytesLeft else { return false }
    bytesLeft -= bytes
    return true
  }
}
