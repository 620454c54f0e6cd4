import ArgumentParser
import Bundles
import RunRecords

/// `regrok extract`: unpacks a bundle, or some of its files.
struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract", abstract: "Unpack a bundle, or some of its files.",
    discussion: """
      The directory appears only when all of it has been checked: the whole bundle, or the named \
      files against its manifest. Nothing that exists is overwritten.
      """)

  @Argument(help: "The bundle.")
  var bundle: String

  @Argument(
    help: ArgumentHelp(
      "Files to unpack, e.g. data/trace/metrics.csv; all by default.",
      valueName: "member"))
  var members: [String] = []

  @Option(name: [.short, .long], help: "The directory to make (default: the run's id).")
  var output: String?

  @OptionGroup var options: OutputOptions

  func run() throws {
    Interruption.removeUnfinishedFiles()
    do throws(BundleError) {
      let reader = try BundleReader(path: bundle)
      let path = output ?? reader.runID
      if members.isEmpty {
        let progress = WorkProgress("extracting \(path)")
        try reader.extract(to: path, progress: progress.update)
        progress.clear()
      } else {
        try reader.extract(members: members, to: path)
      }
      options.output.line(path)
      options.output.answer([
        "members": CanonicalJSON(members.isEmpty ? reader.members.count : Set(members).count),
        "path": .string(path), "run": .string(reader.runID),
      ])
    } catch {
      throw error.of(bundle)
    }
  }
}
