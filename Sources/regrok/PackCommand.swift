import ArgumentParser
import Bundles
import RunRecords

/// `regrok pack`: seals a finished run.
struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Seal a finished run in a bundle.",
    discussion: """
      The bundle is read back and verified before it gets its name. The same run and level give the \
      same bytes. Prints the bundle's identity and the result's; a thin bundle, which leaves the \
      checkpoints out, has the result identity of the full one.
      """)

  @Argument(help: "The directory of a finished run.")
  var runDirectory: String

  @Option(
    name: [.short, .long],
    help: "The file to write (default: the run directory's name with .tar.zst, or .thin.tar.zst).")
  var output: String?

  @Flag(help: "Leave the checkpoints out; replay computes them again.")
  var thin = false

  @Option(
    help: ArgumentHelp(
      """
      Compression level, 1 to \(BundleWriter.levels.upperBound) (default: \(BundleWriter.defaultLevel), for checkpoints \
      \(BundleWriter.defaultCheckpointLevel)).
      """, valueName: "n"))
  var level: Int?

  @Option(
    help: ArgumentHelp(
      "Sign with this SSH key, through ssh-keygen (a public key's file: with the agent).",
      valueName: "key"))
  var sign: String?

  @Option(
    help: ArgumentHelp(
      "The licence to state in the metadata: an SPDX identifier or an address.",
      valueName: "license"))
  var license: String?

  @Option(
    help: ArgumentHelp(
      "The organization to state in the metadata: a name, or \"Name <https://…>\".",
      valueName: "name"))
  var publisher: String?

  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let level, !BundleWriter.levels.contains(level) {
      throw ValidationError("--level has to be 1 to \(BundleWriter.levels.upperBound)")
    }
    if let license, Terms.License(license) == nil {
      throw ValidationError("--license \(license): neither an SPDX identifier nor an http address")
    }
    if let publisher, Terms.Publisher(publisher) == nil {
      throw ValidationError("--publisher \(publisher): not a name, or not one with an http address")
    }
  }

  func run() throws {
    let path = output ?? defaultPath
    Interruption.removeUnfinishedFiles()
    let progress = WorkProgress("packing \(runDirectory)")
    let identity = try BundleWriter.pack(
      runDirectory: runDirectory, to: path, thin: thin, level: level,
      terms: Terms(
        license: license.flatMap(Terms.License.init),
        publisher: publisher.flatMap(Terms.Publisher.init)),
      signingKey: sign,
      progress: progress.update)
    progress.clear()
    let output = options.output
    output.line(path)
    output.line("bundle  \(identity.bundle)")
    output.line("result  \(identity.result)")
    output.answer([
      "bundle_sha256": .string(identity.bundle.hex), "path": .string(path),
      "result_sha256": .string(identity.result.hex), "signed": .bool(sign != nil),
      "thin": .bool(thin),
    ])
  }

  private var defaultPath: String {
    var directory = runDirectory
    while directory.count > 1 && directory.hasSuffix("/") { directory.removeLast() }
    return directory + (thin ? ".thin.tar.zst" : ".tar.zst")
  }
}
