import Analysis
import Archive
import ArgumentParser
import Reports
import RunRecords

/// `regrok list`: what runs lie in directories.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs in directories, and the settings that differ.",
    discussion: """
      Prints one line for each run: its file, id and kind, how it ended, its steps, T_mem and \
      T_grok, and the keys of the config that differ between the runs. If several files hold the \
      same result, it is listed once. Files that cannot be read or are not runs are named on \
      stderr and left out. Writes no file.

      \(HelpTopic.readsInPart)

      Examples:

        regrok list runs
        regrok list bundles --where optimizer.name=adamw --csv
      """)

  @Argument(
    help: ArgumentHelp(
      "Bundles, run directories (finished or not), or folders that contain these.",
      valueName: "path"))
  var paths: [String]

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      """
      List only runs with this value of a key of the config or the outcome, or of a column: \
      seed=42, stop_reason=grokked, kind=program. May be repeated; then all must match.
      """, valueName: "key=value"),
    transform: { word in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let last = parts[0].last, !" !<>".contains(last),
        !parts[1].hasPrefix("="), !parts[1].hasPrefix(" ")
      else {
        throw ValidationError("a condition is KEY=VALUE, without spaces around =")
      }
      return RunList.Condition(key: String(parts[0]), value: String(parts[1]))
    })
  var conditions: [RunList.Condition] = []

  @Flag(help: "Print comma-separated values (RFC 4180), with all keys that differ.")
  var csv = false

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    if csv && options.json { throw ValidationError("--csv and --json cannot be used together") }
  }

  func run() throws {
    let output = options.output
    for path in paths { try BundleError.refusePipe(path) }
    let collection = try RunCollection(paths, unfinished: true, kinds: Set(RunKind.allCases))
    try collecting.tell(collection)
    let list: RunList
    do throws(RunList.UnknownKey) {
      list = try RunList(collection.opened, where: conditions)
    } catch {
      let near = error.suggestion.map { "; did you mean \($0)?" } ?? ""
      throw CommandFailure(.usage, "--where \(error.key): no run has this key\(near)")
    }
    if csv {
      for line in list.csvLines { output.data(line) }
    } else {
      for line in list.textLines { output.line(line) }
    }
    if list.count == 0 {
      Output.writeError(
        "\(Software.name): none of \(Figures.count(collection.opened.count, "run")) matches")
    }
    output.answer(collection.adding(to: list.json))
  }
}
