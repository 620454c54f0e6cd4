import Analysis
import Archive
import ArgumentParser
import Bundles
import Files
import Replay
import Reports
import RunRecords
import Synchronization
import Training

/// `regrok spectrum`: performs sealed runs again and measures the Fourier spectra of their logits.
struct SpectrumCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spectrum",
    abstract: "Perform sealed runs again and measure the Fourier spectra of their logits.",
    discussion: """
      A thin bundle does not hold the checkpoints, so each run is performed again. Every logged \
      row of metrics and hashes is compared; at a difference the command ends with 1. At every \
      N-th step the logits of all pairs (a, b) are transformed over a. The power |FFT/p|² is \
      averaged over the first n_b values of b and n_c classes.

      Writes spectra/RUN-ID.csv beside each bundle, with one line for each spectrum: the result's \
      identity, the step, the digest of the parameters, n_b, n_c, and the bins 0 to p/2. The file \
      is the same on every machine. A file that exists is only compared; if it differs, it stays \
      and the command ends with 1. `regrok claims` reads these files.

      If several bundles hold the same result, it is measured once, from the first one that is \
      sound. Bundles that are damaged or have no spectra are named on stderr and left out.

      Example:

        regrok spectrum bundles/golden/base.tar.zst -o spectra --every 1000
      """)

  @Argument(
    help: ArgumentHelp(
      "Bundles of modular tasks, or folders that contain such bundles.", valueName: "bundle")
  )
  var bundles: [String]

  @Option(
    name: .output,
    help: ArgumentHelp(
      "The folder to write to (default: the folder spectra beside each bundle).", valueName: "dir")
  )
  var output: String?

  @Option(help: ArgumentHelp("The number of steps between two spectra.", valueName: "n"))
  var every = 500

  @Option(
    help: ArgumentHelp(
      "n_b x n_c, e.g. 3x5, or full for all. May be repeated (default: 3x5 and full).",
      valueName: "r"),
    transform: Resolution.init(word:))
  var resolution: [Resolution] = []

  @Option(help: ArgumentHelp("How many runs at once (default: one for each CPU).", valueName: "n"))
  var jobs: Int?

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var options: OutputOptions

  enum Resolution {
    case full
    case of(SpectrumResolution)

    init(word: String) throws {
      if word == "full" {
        self = .full
        return
      }
      let numbers = word.split(separator: "x", omittingEmptySubsequences: false)
        .map { Int($0) ?? 0 }
      guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 }) else {
        throw ValidationError("a resolution is full or two numbers, e.g. 3x5")
      }
      self = .of(.init(operands: numbers[0], classes: numbers[1]))
    }
  }

  func validate() throws {
    if bundles.isEmpty { throw ValidationError("no bundle is given") }
    if every < 1 { throw ValidationError("--every has to be at least 1, not \(every)") }
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("--jobs has to be 1 to 256, not \(jobs)")
    }
  }

  func run() throws {
    for path in bundles { try BundleError.refusePipe(path) }
    var collection = try RunCollection(bundles, unfinished: false)
    let repeats = collection.repeats
    var replaced: [Replaced] = []
    let measured = collection.keep { (run) throws -> Measured in
      do {
        return try verified(run)
      } catch {
        guard let other = soundRepeat(of: run, among: repeats) else { throw error }
        replaced.append(Replaced(path: run.path, by: other.run.path, error: error))
        return other
      }
    }
    try collecting.tell(collection)
    try tell(replaced)
    let (runs, surveys) = (measured.map(\.run), measured.map(\.survey))
    for answer in answers(collection, replaced) { options.output.answer(answer) }
    let paths = runs.map { run in
      (output ?? RunSpectra.defaultFolder(for: run.path)) + "/" + run.runID + ".csv"
    }
    if let twice = Dictionary(grouping: paths.indices, by: { paths[$0] }).values
      .first(where: { $0.count > 1 })
    {
      throw CommandFailure(
        .usage,
        "\(runs[twice[0]].path) and \(runs[twice[1]].path) have the same config but different "
          + "results, so their spectra would get the same file name")
    }
    for path in paths { try WrittenFile.checkFolder(of: path) }
    Output.outliveReader()
    let jobs = jobs ?? Machine.processors
    let atOnce = min(jobs, surveys.count)
    let progress = SpectrumProgress(runs: runs)
    let state = Mutex((next: 0, isDifferent: false, failure: (any Error)?.none))
    Concurrency.perform(atOnce) { _ in
      while let index = state.withLock({ state -> Int? in
        guard state.next < surveys.count, state.failure == nil else { return nil }
        state.next += 1
        return state.next - 1
      }) {
        do {
          let isSame = try measure(
            surveys[index], of: runs[index], to: paths[index], threads: max(1, jobs / atOnce),
            progress: { progress.show($0, of: index) }, beforeLine: progress.clear)
          if !isSame { state.withLock { $0.isDifferent = true } }
        } catch {
          state.withLock { $0.failure = $0.failure ?? error }
        }
      }
    }
    progress.clear()
    let (_, isDifferent, failure) = state.withLock { $0 }
    if let failure { throw failure }
    if isDifferent { throw ExitStatus.different.exit }
  }

  private func resolutions(_ modulus: Int) -> [SpectrumResolution] {
    let full = SpectrumResolution.full(modulus: modulus)
    if resolution.isEmpty {
      let low = SpectrumResolution.low
      return [
        .init(operands: min(low.operands, modulus), classes: min(low.classes, modulus)), full,
      ]
    }
    return resolution.map { if case .of(let given) = $0 { given } else { full } }
  }

  /// A bundle that has been verified, and what will be measured of it.
  private struct Measured {
    var run: RecordedRun
    var survey: SpectrumSurvey
  }

  /// A bundle that cannot be used, though another one with its result can.
  private struct Replaced {
    var path: String
    var by: String
    var error: any Error

    /// Without the path.
    var reason: String {
      var text = "\(error)"
      // The text of such an error escapes what is no ASCII, the path too.
      if case .of(let place, let error)? = error as? BundleError { text = "\(place): \(error)" }
      return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }
  }

  private func verified(_ run: RecordedRun) throws -> Measured {
    let survey = try SpectrumSurvey(run, interval: every) { modulus in resolutions(modulus) }
    try run.verify()
    return Measured(run: run, survey: survey)
  }

  /// The first sound one of the bundles that were not counted, because `run` has their result.
  private func soundRepeat(
    of run: RecordedRun, among repeats: [RunCollection.Repeat]
  ) -> Measured? {
    for one in repeats where one.counted == run.path {
      guard let other = try? RecordedRun(opening: one.path),
        other.identities?.result == run.identities?.result
      else { continue }
      if let found = try? verified(other) { return found }
    }
    return nil
  }

  /// Names the bundles that others take the place of. With --strict they end the command.
  private func tell(_ replaced: [Replaced]) throws {
    if collecting.strict, let first = replaced.first {
      let status = (first.error as? any ExitStatusProviding)?.exitStatus ?? .inputOutput
      throw CommandFailure(status, "\(first.path): \(first.reason)")
    }
    for one in replaced {
      Output.writeError(
        "\(Software.name): left out: \(one.path): \(one.reason); \(one.by), which holds the same "
          + "result, is measured instead")
    }
  }

  /// What is not used, as an answer of its own; none if all is used.
  private func answers(_ collection: RunCollection, _ replaced: [Replaced]) -> [CanonicalJSON] {
    guard !replaced.isEmpty, case .object(var members) = collection.adding(to: [:]),
      case .array(let leftOut)? = members["left_out"]
    else { return collection.answers }
    var all = leftOut
    for one in replaced {
      all.append(["path": .string(one.path), "reason": .string(one.reason)])
    }
    members["left_out"] = .array(all)
    var once: [CanonicalJSON] = []
    for one in collection.repeats where !replaced.contains(where: { $0.by == one.path }) {
      let counted = replaced.first { $0.path == one.counted }?.by ?? one.counted
      once.append(["path": .string(one.path), "counted": .string(counted)])
    }
    members["counted_once"] = .array(once)
    return [.object(members)]
  }

  /// False if the replay or an existing file is different.
  private func measure(
    _ survey: SpectrumSurvey, of run: RecordedRun, to path: String, threads: Int,
    progress: @escaping @Sendable (ReplayProgress) -> Void, beforeLine: () -> Void
  ) throws -> Bool {
    let (report, spectra) = try survey.perform(
      with: TrainerReexecutor(), threads: threads, progress: progress)
    if case .impossible(let obstacle) = report.verdict {
      throw CommandFailure(.impossibleHere, "\(run.path): \(obstacle)")
    }
    var members: [CanonicalJSON.Key: CanonicalJSON] = [
      "path": .string(path), "replay": report.json, "rows": CanonicalJSON(spectra?.rows.count ?? 0),
      "run": .string(run.runID),
    ]
    var lines: [String]
    var isSame = false
    if let spectra {
      let text = spectra.csv
      let isNew = try !Disk().exists(path)
      isSame =
        try isNew || FileTree.beginning(of: path, most: text.utf8.count + 1) == Array(text.utf8)
      let verdict = isNew ? "written" : isSame ? "as before" : "different"
      members["file"] = .string(verdict)
      lines = [
        "\(path): \(Figures.count(spectra.rows.count, "spectrum", "spectra")), replay identical"
          + (isNew
            ? "" : isSame ? "; the same file was there" : "; the file there is another, and stays")
      ]
      if isNew {
        try Disk().makeDirectory(PathParts.split(path).folder)
        try WrittenFile.write(text, to: path)
      }
    } else {
      members["file"] = "not written"
      lines = ["\(run.path): no spectra"] + report.textLines
    }
    beforeLine()
    for line in lines { options.output.line(line) }
    options.output.answer(.object(members))
    return isSame
  }
}

/// One line on a terminal with the progress of all runs together.
private final class SpectrumProgress: Sendable {
  private struct State {
    var done: [Int]
    var nextSeconds = 0.0
  }
  private let total: Int
  private let start = monotonicSeconds()
  private let state: Mutex<State>
  private let isShown = Terminal.canRedraw

  init(runs: [RecordedRun]) {
    total = runs.reduce(0) { $0 + ($1.trace.metrics.last?.step ?? -1) + 1 }
    state = Mutex(State(done: runs.map { _ in 0 }))
  }

  func show(_ progress: ReplayProgress, of run: Int) {
    guard isShown else { return }
    state.withLock { state in
      state.done[run] = progress.stepsDone
      let seconds = monotonicSeconds() - start
      guard seconds >= state.nextSeconds else { return }
      state.nextSeconds = seconds + 0.2
      let done = state.done.reduce(0, +)
      var text = "\(done) of \(total) steps"
      if done > 0 && total > done {
        let left = seconds / Double(done) * Double(total - done)
        text += ", \(Figures.time(left: left)) left"
      }
      LiveLines.draw(text)
    }
  }

  func clear() {
    if isShown { LiveLines.clearLine() }
  }
}
