package import Configs
private import Files
package import Programs
package import RunRecords

/// The program files that a plan names. Their inputs have been found and read.
package struct SweepPrograms: Sendable {
  private struct Entry: Sendable {
    var request: ProgramRequest
    var inputs: ProgramInputs
  }

  private var entries: [String: Entry] = [:]
  private var base = ""
  /// A sentence for each kind of thing that is not an input, by program file.
  package private(set) var passedOver: [(file: String, what: String)] = []

  package init() {}

  /// A program with the config of one run.
  ///
  /// - Parameter label: The run, for errors.
  func program(_ planned: PlannedProgram, label: String) throws(ProgramError) -> SweepProgram {
    guard let entry = entries[planned.file] else {
      preconditionFailure("\(planned.file) has not been read")
    }
    var request = entry.request
    request.config = planned.config
    let spec = request.spec(entry.inputs, ranHere: false)
    do {
      try spec.check()
      // The placeholders in its words must be in its config.
      _ = try ArgumentTemplate(spec.run).arguments(
        config: spec.config, out: "", configFile: "")
    } catch {
      throw .request(
        reason: ([planned.file, label].filter { !$0.isEmpty } + ["\(error)"])
          .joined(separator: ": "))
    }
    return SweepProgram(
      file: planned.file, spec: spec, inputs: entry.inputs, limits: request.limits,
      isDeclared: request.isDeclared, base: base)
  }
}

extension SweepPrograms {
  /// Reads the program files of a plan while the plan is read.
  package final class Reader {
    private let text: (String) throws(ProgramError) -> String
    private let config: (String) throws(ProgramError) -> String
    private var requests: [String: ProgramRequest] = [:]

    /// - Parameters:
    ///   - text: Returns the text of a program file.
    ///   - config: Returns the text of a config that a program file names. Both are called with the
    ///     names in the files.
    package init(
      text: @escaping (String) throws(ProgramError) -> String,
      config: @escaping (String) throws(ProgramError) -> String
    ) {
      self.text = text
      self.config = config
    }

    /// The config of a program file, for `SweepPlan`.
    package func config(of file: String) throws(RecordError) -> CanonicalJSON? {
      let request: ProgramRequest
      do throws(ProgramError) {
        request = try ProgramFile.read(try text(file), file: file, config: config)
      } catch {
        guard case .record(let reason) = error else {
          throw .config(place: "", key: "", reason: "\(error)")
        }
        throw reason
      }
      guard !request.run.isEmpty else {
        throw .config(place: file, key: "run", reason: "is missing")
      }
      requests[file] = request
      return request.config
    }

    /// Whether the plan has named no program.
    package var isEmpty: Bool { requests.isEmpty }

    /// Finds the inputs of all programs and reads them whole.
    ///
    /// - Parameters:
    ///   - base: The directory from which the programs are run. Inputs are in it.
    ///   - plan: The plan whose programs were read with `config(of:)`.
    ///   - own: The files of the plan and what belongs to it. They are not inputs, even if git
    ///     tracks them, because they may change while the runs stay the same.
    ///   - directory: The directory of the sweep. What the sweep writes there is not an input.
    package func find(
      in base: String, plan: SweepPlan, own: [String], directory: SweepDirectory,
      secrets: SecretCheck
    ) throws(ProgramError) -> SweepPrograms {
      var secrets = secrets
      var programs = SweepPrograms()
      programs.base = FileTree.resolved(base) ?? base
      let root = programs.base
      let own = Set(own.compactMap(FileTree.resolved))
      let sweep = FileTree.resolved(directory.path)
      let reason: (String) -> String? = { path in
        if own.contains(path) { return "the plan and its claims" }
        guard let sweep else { return nil }
        if sweep != root && path == sweep { return "the directory of the sweep" }
        let (folder, name) = PathParts.split(path)
        guard folder == sweep || sweep != root && path.hasPrefix(sweep + "/") else { return nil }
        return name == SweepDirectory.workName || name.hasSuffix(SweepDirectory.bundleEnding)
          ? "what the sweep keeps" : nil
      }
      var found: [[String]?: ProgramInputs] = [:]
      for (file, request) in requests.sorted(by: { $0.key < $1.key }) {
        secrets.add(words: request.run)
        for name in request.environment {
          secrets.add(variable: name, value: ProcessFacts.environment[name] ?? "")
        }
        let inputs: ProgramInputs
        if let known = found[request.inputs] {
          inputs = known
        } else {
          inputs = try ProgramInputs.find(
            request.inputs, in: root, runDirectory: nil, passingOver: reason, secrets: &secrets)
          found[request.inputs] = inputs
        }
        programs.entries[file] = Entry(request: request, inputs: inputs)
        programs.passedOver += inputs.passedOver.map { (file, $0) }
      }
      for run in plan.experiments.lazy.flatMap(\.runs) {
        switch run.config {
        case .trainer: break
        case .program(let planned): if let config = planned.config { secrets.add(config: config) }
        }
      }
      try secrets.finish()
      return programs
    }
  }
}
