import Archive
import Bundles
import Comparison
import Programs
import Replay
import Reports
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension ReplayCommand {
  /// A program's run: says what would be executed, or executes it.
  func replay(_ run: RecordedProgram) throws {
    let others = [
      ("--jobs", jobs != nil), ("--fill", fill != nil), ("--sample", sample != nil),
      ("--budget", budget != nil), ("--seed", seed != nil),
    ]
    if let (name, _) = others.first(where: \.1) {
      throw CommandFailure(
        .usage, "\(path): \(name) is only for runs of regrok's trainer; this is a program's run")
    }
    try BundleError.naming(path) {
      let progress = WorkProgress("verifying \(path)")
      try run.verify(progress: progress.update)
      progress.clear()
    }
    let words = run.spec.run.map(ShellWord.quoted).joined(separator: " ")
    let output = options.output
    let plan: CanonicalJSON = [
      "executed": false, "run": .string(run.runID),
      "program": .array(run.spec.run.map { .string($0) }),
    ]
    guard !words.isEmpty else {
      output.answer(plan)
      throw CommandFailure(
        .impossibleHere,
        "\(path): its results were adopted without a program, so nothing can be performed again; "
          + "regrok verify checks its bundle, and regrok diff compares it with another run")
    }
    guard execute else {
      output.line("would execute  \(words)")
      output.line("inputs         \(Figures.count(run.inputs.entries.count, "file"))")
      output.answer(plan)
      throw CommandFailure(
        .impossibleHere,
        "\(path): nothing was executed: that needs --execute, and the program can then do anything "
          + "that you can do")
    }
    if let allowedSigners {
      try BundleError.naming(path) {
        let signer = try BundleReader(path: path).signer(allowed: allowedSigners)
        Output.writeError("\(Software.name): signed by \(signer.name)")
      }
    }
    try perform(run)
  }

  private func perform(_ run: RecordedProgram) throws {
    var settings = ProgramReplay.Options()
    settings.inputs = inputs
    settings.keep = keep
    settings.onlyBits = bits
    settings.isSandboxed = sandbox
    settings.command = [Software.name] + CommandLine.arguments.dropFirst()
    // The output of the program must not mix with our answer.
    settings.passes = (STDERR_FILENO, STDERR_FILENO)
    Output.outliveReader()
    Interruption.listenPatiently()
    let progress = RecordProgress(
      style: options.json ? .none : .lines, attempts: 1, directory: keep ?? "a temporary directory",
      verb: "executing")
    let report: ProgramReplay.Report
    do {
      report = try ProgramReplay(run, settings).perform(progress) { differences in
        for difference in differences.prefix(20) {
          Output.writeError(
            "\(Software.name): recorded with \(difference.key) \(Self.shown(difference.a)), "
              + "here \(Self.shown(difference.b))")
        }
        if differences.count > 20 {
          Output.writeError("\(Software.name): and \(differences.count - 20) more differ")
        }
      }
    } catch let error as ProgramError {
      throw CommandFailure(Self.status(of: error), "\(path): \(error)")
    }
    if let signal = Interruption.signal { throw Interruption.exitStatus(after: signal).exit }
    try say(report, of: run)
    if report.endedAt != nil { throw ExitStatus.different.exit }
    switch report.comparison.verdict {
    case .identical: return
    case .within: throw ExitStatus.withinSpread.exit
    case .different: throw ExitStatus.different.exit
    case .notComparable: throw ExitStatus.impossibleHere.exit
    }
  }

  /// If something is missing or cannot be started, the run cannot be judged here.
  private static func status(of error: ProgramError) -> ExitStatus {
    switch error {
    case .input, .cannotStart, .request: .impossibleHere
    case .record, .secrets, .written, .directory, .file, .unfinished: error.exitStatus
    }
  }

  private func say(_ report: ProgramReplay.Report, of run: RecordedProgram) throws {
    let output = options.output
    if let first = report.endedAt {
      output.line(
        "different: \(first.placeWords); the program was ended there, and the rest is not compared")
      for line in report.comparison.environmentLines { output.line(line) }
    } else {
      for line in report.comparison.textLines { output.line(line) }
    }
    guard case .object(var answer) = report.comparison.json else { return }
    answer["executed"] = true
    answer["run"] = .string(run.runID)
    answer["environment"] = .array(report.environment.map(\.json))
    answer["ended_at"] = report.endedAt.map { .string($0.placeWords) } ?? .null
    if report.endedAt != nil { answer["verdict"] = "different" }
    try self.answer(.object(answer), attesting: try report.statement(on: run))
  }

  private static func shown(_ value: CanonicalJSON?) -> String {
    guard let value else { return "nothing" }
    return value.stringValue ?? value.text
  }
}
