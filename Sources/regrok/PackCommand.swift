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
    abstract: "Seal a finished run in a bundle, or make a new bundle from one.",
    discussion: """
      RUN is the directory of a finished run. The bundle is written beside it, as RUN.tar.zst or \
      RUN.thin.tar.zst, unless -o names another file.

      If RUN is a bundle, a new bundle is made from it: signed, thin, or with a licence or \
      publisher. The old file does not change, and the new bundle has the same result identity. \
      Without --thin, name the new file with -o.

      The bundle is read back and verified before it gets its name. The same run and level always \
      give the same bytes. Prints two SHA-256 digests: the identity of the bundle and that of the \
      result.

      A thin bundle leaves the checkpoints out, and a program's results above 64 KiB. It keeps \
      their digests, so it has the same result identity as the full bundle.

      A bundle does not name the user, the machine or its folders. It does say when the run was \
      performed and, in environment.json, the kernel, the operating system and the model of the \
      CPU. Files that a program wrote are kept as they are. pack lists them, and warns of those \
      that hold your user name, the name of this machine or your home directory.

      Examples:

        regrok pack runs/first
        regrok pack runs/first --thin --sign ~/.ssh/id_ed25519 --license CC-BY-4.0
      """)

  @Argument(
    help: ArgumentHelp(
      "The directory of a finished run, or of replay --fill; or a bundle.",
      valueName: "run"))
  var source: String

  @Option(
    name: .output,
    help: "The bundle to write (default: RUN.tar.zst or RUN.thin.tar.zst).")
  var output: String?

  @Flag(
    help: "Leave out the checkpoints and a program's large results; replay computes them again.")
  var thin = false

  @Option(
    name: .customLong("exclude"),
    help: ArgumentHelp(
      """
      Leave out the results of a program whose path matches, e.g. 'results/out/*.png' or '*.pkl'. \
      The bundle lists them as left out. May be repeated.
      """, valueName: "pattern"))
  var excluded: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Compression level, 1 to \(BundleWriter.levels.upperBound) \
      (default: \(BundleWriter.defaultLevel), and \(BundleWriter.defaultCheckpointLevel) for \
      checkpoints).
      """, valueName: "n"))
  var level: Int?

  @Option(
    help: ArgumentHelp(
      "Sign with this SSH key, using ssh-keygen. For a key in the agent, give its .pub file.",
      valueName: "key"))
  var sign: String?

  @Option(
    help: ArgumentHelp(
      """
      The licence to name in the metadata: an SPDX expression, e.g. "MIT OR Apache-2.0", or a URL.
      """, valueName: "license"))
  var license: String?

  @Option(
    help: ArgumentHelp(
      "The publisher to name in the metadata: a name, or \"Name <https://…>\".",
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
    try checkKind()
    let path = try output ?? defaultPath
    Interruption.removeUnfinishedFiles()
    let progress = WorkProgress("packing \(source)")
    defer { progress.clear() }
    let (excluded, terms) = (try patterns, try terms)
    let isBundle = InputText.isFile(source)
    let identity = try BundleError.naming(source) { () throws -> BundleIdentity in
      do throws(BundleError) {
        return try BundleWriter.pack(
          runDirectory: source, to: path, thin: thin, level: level, excluding: excluded,
          terms: terms, signingKey: sign, progress: progress.update)
      } catch {
        throw isBundle ? error : error.inRunDirectory
      }
    }
    let files = try publishedFiles(path)
    progress.clear()
    let bundle = try BundleReader(path: path)
    if sourceIsSigned && !bundle.isSigned {
      Output.writeError(
        "\(Software.name): \(path) is not signed: the signature of \(source) holds only for "
          + "that bundle"
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

  /// The files that a program's bundle publishes; nil for a run of regrok's trainer, whose files
  /// are known.
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

  /// Whether the bundle is signed, or the one that was unpacked at this place.
  private var sourceIsSigned: Bool {
    InputText.isFile(source)
      ? (try? BundleReader(path: source))?.isSigned == true
      : (try? UnpackedBundle(at: source))?.isSigned == true
  }

  /// Refuses a file of another kind before anything is said about a bundle.
  private func checkKind() throws {
    guard InputText.isFile(source) else { return }
    do throws(BundleError) {
      _ = try BundleReader(path: source)
    } catch {
      switch error.reason {
      case .notZstd, .tooShort:
        throw CommandFailure(
          error.exitStatus,
          "\(source): it is neither a bundle nor the directory of a run: \(error)")
      default: throw error.of(source)
      }
    }
  }

  /// Beside the run, with its name. For `.` and `..` it is the name of the directory they stand
  /// for.
  private var defaultPath: String {
    get throws {
      let ending = thin ? ".thin.tar.zst" : ".tar.zst"
      if InputText.isFile(source) {
        let name = source.hasSuffix(".tar.zst") ? String(source.dropLast(".tar.zst".count)) : source
        guard thin, !name.hasSuffix(".thin") else {
          throw CommandFailure(
            .usage, "\(source): it is a bundle, which is not changed; name the new bundle with -o")
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
