import Analysis
import ArgumentParser
import Reports
import RunRecords

/// `regrok list`: what runs lie in directories.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs in directories, with what differs between them.",
    discussion: """
      A line a run: its file, id and kind, how it ended, steps, T_mem and T_grok, and the keys of \
      the configs that differ. A result that several files hold is listed once; what cannot be read \
      or is no run is named and left out. \(HelpTopic.readsInPart)
      """)

  @Argument(
    help: ArgumentHelp(
      "Bundles, directories of runs, finished or not, or directories with either below them.",
      valueName: "path"))
  var paths: [String]

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      """
      Only runs that have this value, of a key of the config or the outcome, or a column: seed=42, \
      stop_reason=grokked, kind=program. May be repeated; all have to hold.
      """, valueName: "key=value"),
    transform: { word in
      guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
        throw ValidationError("a condition is KEY=VALUE")
      }
      let value = word[word.index(after: equals)...]
      return RunList.Condition(key: String(word[..<equals]), value: String(value))
    })
  var conditions: [RunList.Condition] = []

  @Flag(help: "Answer in comma-separated values (RFC 4180), with all keys that differ.")
  var csv = false

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    if csv && options.json { throw ValidationError("--csv and --json exclude each other") }
  }

  func run() throws {
    let output = options.output
    let collection = try RunCollection(paths, unfinished: true, kinds: Set(RunKind.allCases))
    try collecting.tell(collection)
    let list: RunList
    do throws(RunList.UnknownKey) {
      list = try RunList(collection.opened, where: conditions)
    } catch {
      let near = error.suggestion.map { "; did you mean \($0)?" } ?? ""
      throw CommandFailure(.usage, "--where \(error.key): no run has this key\(near)")
    }
    for line in csv ? list.csvLines : list.textLines { output.line(line) }
    if list.count == 0 {
      Output.writeError(
        "\(Software.name): none of \(Figures.count(collection.opened.count, "run")) is meant")
    }
    output.answer(collection.adding(to: list.json))
  }
}
