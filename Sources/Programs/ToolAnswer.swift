private import Files

/// The answer of another program to a question: git, nvidia-smi, an interpreter.
struct ToolAnswer {
  var status: Int32
  var output: [UInt8]
  var errors: String

  /// Runs the program to its end, for at most `seconds`.
  ///
  /// - Parameter variables: Nil: those of this process.
  /// - Returns: Nil if the program could not be started, was ended by a signal, took longer than
  ///   `seconds`, or answered more than `most` bytes.
  static func ask(
    _ arguments: [String], in directory: String, variables: [String]? = nil, most: Int,
    seconds: Double
  ) -> ToolAnswer? {
    let mark = "REGROK_TOOL=\(ProcessFacts.randomWord())"
    let own = ProcessFacts.environment.map { $0.key + "=" + $0.value }.sorted()
    var child = ChildProcess(
      arguments, variables: (variables ?? own) + [mark], mark: mark, directory: directory)
    child.graceSeconds = 1
    let listener = Listener(most: most, seconds: seconds)
    guard let ending = try? child.run(listener), ending.demand == nil,
      case .exited(let status) = ending.end
    else { return nil }
    return ToolAnswer(
      status: status, output: listener.output,
      errors: String(decoding: listener.errors, as: UTF8.self))
  }

  private final class Listener: ChildObserver {
    let most: Int
    let seconds: Double
    var output: [UInt8] = []
    var errors: [UInt8] = []

    init(most: Int, seconds: Double) {
      self.most = most
      self.seconds = seconds
    }

    func started(_ process: Int32) {}

    func wrote(_ bytes: ArraySlice<UInt8>, asError: Bool) {
      if asError {
        errors += bytes.prefix(max(0, 4096 - errors.count))
      } else {
        output += bytes.prefix(most + 1 - output.count)
      }
    }

    func demand(_ process: Int32, after seconds: Double) -> ChildProcess.Demand? {
      if output.count > most { return .outputLimit(reason: "more than \(most) bytes") }
      return seconds > self.seconds ? .timeLimit : nil
    }
  }
}
