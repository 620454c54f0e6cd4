import Archive
import ArgumentParser
import Bundles
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `regrok extract`: unpacks a bundle, or some of its files.
struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract", abstract: "Unpack a bundle, or some of its files.",
    discussion: """
      Writes a new directory, named by the run id unless -o names another. It appears only after \
      everything in it was checked: the whole bundle, or the named files against the bundle's \
      manifest. Nothing that exists is overwritten.

      Examples:

        regrok extract runs/first.tar.zst -o first
        regrok extract runs/first.tar.zst data/trace/metrics.csv
      """)

  @Argument(help: "The bundle.")
  var bundle: String

  @Argument(
    help: ArgumentHelp(
      """
      What to unpack (default: all): files, e.g. data/trace/metrics.csv, folders, or patterns, \
      e.g. 'data/trace/*'.
      """,
      valueName: "member"))
  var members: [String] = []

  @Option(name: .output, help: "The directory to make (default: the run id).")
  var output: String?

  @OptionGroup var options: OutputOptions

  func run() throws {
    Interruption.removeUnfinishedFiles()
    let (reader, path, count) = try BundleError.naming(bundle) {
      let reader = try BundleReader(path: bundle)
      let path = output ?? reader.runID
      guard !members.isEmpty else {
        let progress = WorkProgress("extracting \(path)")
        defer { progress.clear() }
        try reader.extract(to: path, progress: progress.update)
        return (reader, path, reader.members.count)
      }
      let selection = Set(try members.flatMap { try selected(by: $0, in: reader) })
      try reader.extract(members: reader.members.filter(selection.contains), to: path)
      return (reader, path, selection.count)
    }
    options.output.line(path)
    options.output.answer([
      "members": CanonicalJSON(count), "path": .string(path), "run": .string(reader.runID),
    ])
  }

  /// The members that a word names: one, all of a folder, or those that a pattern matches.
  private func selected(by word: String, in reader: BundleReader) throws -> [String] {
    var name = word
    // As `tar -t` and `find` print them.
    for prefix in ["./", reader.runID + "/"] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
    }
    while name.hasSuffix("/") { name.removeLast() }
    if name.isEmpty || name == "." || name == reader.runID { return reader.members }
    if reader.members.contains(name) { return [name] }
    func isNamed(_ member: String) -> Bool {
      unsafe member == name || member.hasPrefix(name + "/") || fnmatch(name, member, 0) == 0
    }
    let found = reader.members.filter(isNamed)
    guard found.isEmpty else { return found }
    if reader.expectedResults.contains(where: { isNamed("data/" + $0.path) }) {
      throw CommandFailure(
        .usage,
        "\(bundle): \(word) is left out of this thin bundle; "
          + "regrok replay --fill DIR computes it again")
    }
    let near =
      reader.members.first { $0.hasSuffix("/" + name) }
      ?? reader.members.first { $0.contains("/" + name + "/") }.map { _ in "data/" + name }
      ?? Spelling.nearest(to: name, among: reader.members)
    throw CommandFailure(
      .usage,
      "\(bundle): the bundle has no member \(word)"
        + (near.map { "; did you mean \($0)?" } ?? "; tar --zstd -tf BUNDLE lists them"))
  }
}
