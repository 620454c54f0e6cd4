import Archive
import ArgumentParser
import Bundles
import Digests
import Files
import Reports
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `regrok pack`: seals a finished run.
struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Seal a finished run in a bundle, or make another of a sealed one.",
    discussion: """
      Of a bundle it makes another, signed, thin or with a licence or publisher; the results keep \
      their identity, and the sealed file stays as it is.

      The bundle is read back and verified before it gets its name. The same run and level give the \
      same bytes. Prints the bundle's identity and the result's; a thin bundle, which leaves the \
      checkpoints out and a program's results above 64 KiB, has the result identity of the full one.

      A bundle says nothing of the user, the machine's name or folders. It does say when the run \
      was performed, and in environment.json the kernel, the operating system and the model of the CPU. \
      What a program wrote is kept as it is: pack lists what is published of it, and in which files \
      your name, this machine's or your home directory stands.
      """)

  @Argument(
    help: ArgumentHelp(
      "The directory of a finished run, also one that replay --fill made; or a bundle.",
      valueName: "run"))
  var source: String

  @Option(
    name: .output,
    help: "The file to write (default: the run's name with .tar.zst, or .thin.tar.zst).")
  var output: String?

  @Flag(
    help: "Leave the checkpoints out, and a program's large results; replay computes them again.")
  var thin = false

  @Option(
    name: .customLong("exclude"),
    help: ArgumentHelp(
      """
      Leave out results of a program whose path fits the pattern, e.g. 'results/out/*.png' or '*.pkl'; \
      that they were is sealed. May be repeated.
      """, valueName: "pattern"))
  var excluded: [String] = []

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
      """
      The licence to state in the metadata: an SPDX expression, e.g. "MIT OR Apache-2.0", or an \
      address.
      """, valueName: "license"))
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
    _ = try terms
    _ = try patterns
  }

  private var patterns: [PathPattern] {
    get throws {
      try excluded.map { text in
        guard let pattern = PathPattern(text) else {
          throw ValidationError(
            "--exclude \(text): a pattern is 1 to \(PathPattern.largestSize) characters of ASCII.")
        }
        return pattern
      }
    }
  }

  private var terms: Terms {
    get throws {
      do throws(Terms.Fault) {
        return try Terms(license: license, publisher: publisher)
      } catch {
        let options = [license.map { _ in "--license" }, publisher.map { _ in "--publisher" }]
        throw ValidationError("\(options.compactMap(\.self).joined(separator: ", ")): \(error)")
      }
    }
  }

  func run() throws {
    let path = try output ?? defaultPath
    Interruption.removeUnfinishedFiles()
    let progress = WorkProgress("packing \(source)")
    defer { progress.clear() }
    let (excluded, terms) = (try patterns, try terms)
    let identity = try BundleError.naming(source) {
      try BundleWriter.pack(
        runDirectory: source, to: path, thin: thin, level: level, excluding: excluded, terms: terms,
        signingKey: sign, progress: progress.update)
    }
    let files = try publishedFiles(path)
    progress.clear()
    let bundle = try BundleReader(path: path)
    if sourceIsSigned && !bundle.isSigned {
      Output.writeError(
        "\(Software.name): \(path) is not signed: the signature of \(source) is of that bundle alone"
      )
    }
    let output = options.output
    output.line(path)
    output.line("bundle  \(identity.bundle)")
    output.line("result  \(identity.result)")
    if let files { show(files, output) }
    output.answer([
      "bundle_sha256": .string(identity.bundle.hex), "path": .string(path),
      "published": files.map { files in
        .array(
          files.map {
            [
              "bytes": CanonicalJSON($0.bytes), "path": .string($0.path),
              "personal": .bool($0.isPersonal),
            ]
          })
      } ?? .null,
      "result_sha256": .string(identity.result.hex), "signed": .bool(bundle.isSigned),
      "thin": .bool(bundle.isThin),
    ])
  }

  /// What a program's bundle publishes; nil of a run of the trainer here, whose files are known.
  private func publishedFiles(_ path: String) throws -> [PublishedFiles.File]? {
    let reader = try BundleReader(path: path)
    switch reader.kind {
    case .trainer: return nil
    case .program:
      let names = PersonalNames(
        user: ProcessFacts.userName, host: hostName(), home: ProcessFacts.homeDirectory)
      return try PublishedFiles(of: reader, lookingFor: names).files
    }
  }

  private static let mostShown = 20

  private func show(_ files: [PublishedFiles.File], _ output: Output) {
    let bytes = files.reduce(0) { $0 + $1.bytes }
    output.line("publishes \(Figures.count(files.count, "file")), \(Figures.size(bytes: bytes)):")
    for file in files.prefix(Self.mostShown) {
      output.line("  \(file.path)  \(Figures.size(bytes: file.bytes))")
    }
    if files.count > Self.mostShown {
      output.line("  and \(files.count - Self.mostShown) more, which --json lists")
    }
    let personal = files.filter(\.isPersonal).map(\.path)
    guard !personal.isEmpty else { return }
    let shown = personal.prefix(Self.mostShown).joined(separator: ", ")
    let more = personal.count > Self.mostShown ? ", …" : ""
    output.line(
      "\(Figures.count(personal.count, "of these files holds", "of these files hold")) your name, "
        + "this machine's, or your home directory: \(shown)\(more)")
  }

  private var sourceIsSigned: Bool {
    InputText.isFile(source) && (try? BundleReader(path: source))?.isSigned == true
  }

  /// Beside the run, by its name; that of `.` and `..` is the one they stand for.
  private var defaultPath: String {
    get throws {
      let ending = thin ? ".thin.tar.zst" : ".tar.zst"
      if InputText.isFile(source) {
        let name = source.hasSuffix(".tar.zst") ? String(source.dropLast(".tar.zst".count)) : source
        guard thin, !name.hasSuffix(".thin") else {
          throw CommandFailure(
            .usage, "\(source): it is a bundle, which stays; say with -o where to write another")
        }
        return name + ending
      }
      var directory = source
      while directory.count > 1, let end = ["/", "/."].first(where: directory.hasSuffix) {
        directory.removeLast(end.count)
      }
      guard [".", ".."].contains(directory.split(separator: "/").last ?? ".") else {
        return directory + ending
      }
      // SAFETY: the system allocates the path that it gives, and it is freed once it has been
      // copied.
      let real: String? = unsafe realpath(directory, nil).map { path in
        defer { unsafe free(path) }
        return unsafe String(cString: path)
      }
      guard let real, let name = real.split(separator: "/").last else {
        throw CommandFailure(.usage, "\(source): it has no name; say with -o where to write")
      }
      let parent = directory == "." ? ".." : directory + "/.."
      return "\(parent)/\(name)\(ending)"
    }
  }
}
