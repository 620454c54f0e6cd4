private import Files
public import RunRecords

/// What performed a run: the tool, its build and the machine. For information only, never a result.
public enum RunEnvironment {
  /// The instructions that the core was compiled for.
  public static var instructions: String {
    #if AVX512
      "avx512"
    #elseif AVX2
      "avx2+fma"
    #elseif arch(x86_64)
      "x86-64 baseline"
    #elseif arch(arm64)
      "arm64 baseline"
    #else
      "baseline"
    #endif
  }

  /// Whether optimisation was on.
  public static var configuration: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  public static var compiler: String {
    #if compiler(>=6.5)
      "Swift 6.5 or later"
    #elseif compiler(>=6.4)
      "Swift 6.4"
    #elseif compiler(>=6.3.2)
      "Swift 6.3.2 or later"
    #elseif compiler(>=6.3.1)
      "Swift 6.3.1"
    #elseif compiler(>=6.3)
      "Swift 6.3"
    #else
      "Swift 6.2"
    #endif
  }

  /// The content of `environment.json`.
  public static var json: CanonicalJSON {
    [
      "tool": .string("\(Software.name) \(Software.version)"),
      "build": [
        "configuration": .string(configuration),
        "instructions": .string(instructions),
        "compiler": .string(compiler),
      ],
      "cpu": .string(MachineDescription.processor),
      "os": .string(MachineDescription.system),
      "kernel": .string(kernelName()),
    ]
  }

  /// The same with the digests of what preceded the run, by name: its plan, the claims about it.
  static func json(before: [CanonicalJSON.Key: CanonicalJSON]) -> CanonicalJSON {
    guard case .object(let members) = json else { preconditionFailure("no object") }
    return .object(members.merging(before) { own, _ in own })
  }

  /// The names of what may precede a run.
  static let before: [CanonicalJSON.Key] = ["plan", "claims"]
}
