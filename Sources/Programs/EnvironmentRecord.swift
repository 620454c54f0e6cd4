private import Files
internal import RunRecords

/// What a program ran with, `environment.json`: evidence for anybody who gets another result. It is
/// part of no identity.
///
/// It names neither the host nor the user, nor their folders. Only listed variables, and variables
/// that were asked for by name, are recorded. In the values of listed variables, the home directory
/// is `~`.
struct EnvironmentRecord {
  /// Variables that are known to change results.
  private static let listed = [
    "CUBLAS_WORKSPACE_CONFIG", "CUDA_VISIBLE_DEVICES", "PYTHONHASHSEED", "TF_DETERMINISTIC_OPS",
    "XLA_FLAGS", "LC_ALL", "TZ",
  ]
  private static let listedPrefixes = ["OMP_", "MKL_", "OPENBLAS_"]

  /// The recorded variables of `all`, by name.
  ///
  /// - Parameter named: The variables asked for by name; null if they are not set.
  static func variables(
    of all: [String: String], named: [String]
  ) -> [CanonicalJSON.Key: CanonicalJSON] {
    var recorded: [CanonicalJSON.Key: CanonicalJSON] = [:]
    let home = all["HOME"] ?? ""
    for (name, value) in all
    where listed.contains(name) || listedPrefixes.contains(where: { name.hasPrefix($0) }) {
      recorded[CanonicalJSON.Key(name)] = .string(HomeDirectory.hidden(home, in: value))
    }
    for name in named {
      recorded[CanonicalJSON.Key(name)] = all[name].map { .string($0) } ?? .null
    }
    return recorded
  }

  /// The machine, the tool, and what is known before the program runs.
  static func beginning(
    base: String, isIsolated: Bool, variables: [CanonicalJSON.Key: CanonicalJSON]
  ) -> [CanonicalJSON.Key: CanonicalJSON] {
    [
      "tool": .string("\(Software.name) \(Software.version)"),
      "cpu": .string(MachineDescription.processor),
      "os": .string(MachineDescription.system),
      "kernel": .string(kernelName()),
      "isolated": .bool(isIsolated),
      "variables": .object(variables),
      "git": GitFiles.state(of: base).map {
        ["commit": .string($0.commit), "dirty": .bool($0.isDirty)]
      } ?? .null,
    ]
  }

  /// The graphics cards, as `nvidia-smi` lists them; empty if it does not answer.
  static func graphicsCards() -> CanonicalJSON {
    let answer = ToolAnswer.ask(
      ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], in: "/",
      most: 1 << 16, seconds: 10)
    guard let answer, answer.status == 0 else { return [] }
    let lines = String(decoding: answer.output, as: UTF8.self).split(separator: "\n")
    return .array(
      lines.map { line in
        let parts = line.split(separator: ",").map { $0.trimmed }
        return ["name": .string(parts.first ?? ""), "driver": .string(parts.last ?? "")]
      })
  }
}

// MARK: Python

extension EnvironmentRecord {
  /// Whether a program is a Python interpreter, judged by its name.
  static func isPython(_ program: String) -> Bool {
    let name = PathParts.split(program).name
    guard
      let rest = ["python", "pypy"].first(where: name.hasPrefix).map({ name.dropFirst($0.count) })
    else { return false }
    return rest.allSatisfy { $0.isNumber || $0 == "." }
  }

  private static let question = """
    import json, platform
    from importlib import metadata
    packages = {}
    for found in metadata.distributions():
        name = found.metadata["Name"]
        if name: packages.setdefault(name, found.version or "")
    print(json.dumps({"version": platform.python_version(),
        "implementation": platform.python_implementation(), "packages": packages}))
    """

  /// What the interpreter that ran the program says about itself; null if it does not answer.
  ///
  /// It is asked from a directory that holds nothing of the program to import.
  static func python(_ program: String, variables: [String]) -> CanonicalJSON {
    let answer = ToolAnswer.ask(
      [program, "-c", question], in: "/", variables: variables, most: 1 << 20, seconds: 60)
    guard let answer, answer.status == 0,
      let members = try? JSONLine.members(of: answer.output[...], line: 1)
    else { return .null }
    var record: [CanonicalJSON.Key: CanonicalJSON] = [:]
    var packages: [CanonicalJSON.Key: CanonicalJSON] = [:]
    for member in members {
      guard case .text(let text) = member.cell else { continue }
      if member.key.hasPrefix("packages.") {
        packages[CanonicalJSON.Key(String(member.key.dropFirst("packages.".count)))] = .string(text)
      } else {
        record[CanonicalJSON.Key(member.key)] = .string(text)
      }
    }
    record["packages"] = .object(packages)
    return .object(record)
  }

  /// What a program that has torch lacks to give the same result again; nil if it lacks nothing.
  static func advice(
    python: CanonicalJSON, variables: [String: String], inputs: ProgramInputs
  ) -> String? {
    guard python["packages"]?["torch"] != nil else { return nil }
    var missing: [String] = []
    if variables["PYTHONHASHSEED"] == nil { missing.append("PYTHONHASHSEED is not set") }
    let asks = inputs.inputs.contains { input in
      input.path.hasSuffix(".py") && input.status.size < 4 << 20
        && mentions(input.source, "use_deterministic_algorithms")
    }
    if !asks { missing.append("no input calls torch.use_deterministic_algorithms(True)") }
    guard !missing.isEmpty else { return nil }
    return "this program has torch, and \(missing.joined(separator: ", and ")): it may differ from "
      + "itself"
  }

  private static func mentions(_ path: String, _ word: String) -> Bool {
    guard let bytes = try? FileReading.content(of: path, limit: 4 << 20, from: .linkedFile) else {
      return false
    }
    return String(decoding: bytes, as: UTF8.self).contains(word)
  }
}
