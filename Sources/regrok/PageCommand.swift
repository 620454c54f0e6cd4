import Archive
import ArchiveFiles
import ArgumentParser
import Bundles
import Files
import Reports
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `regrok page`: the page that performs a run again, with bundles inside.
struct PageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page",
    abstract: "Make a web page that checks bundles and performs their runs again.",
    discussion: """
      The page is one file, FILE.html. It needs no server and opens no connection. The browser of \
      whoever opens it checks every byte of the bundles, trains the networks again, and compares \
      every number. Only runs of regrok's own trainer can be performed there.

      The page is bundles/replay.html with bundles inside. That file alone takes any bundle that \
      is dropped on it.

      Example:

        regrok page runs/first.tar.zst -o first.html
      """)

  @Argument(help: "Bundles to put into the page.")
  var bundles: [String]

  @Option(
    name: [.customShort("o", allowingJoined: true), .long],
    help: ArgumentHelp("The page to write.", valueName: "file.html"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "The page without bundles (default: the installed one, or ./bundles/replay.html).",
      valueName: "replay.html"))
  var template: String?

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  /// Bytes of all bundles: more than a browser reads in a page.
  private static let mostBytes = 128 << 20
  /// Bytes of a page without bundles.
  private static let mostTemplateBytes = 8 << 20
  /// The place of the bundles in a page.
  private static let place = #"<script type="application/json" id="bundles">[]</script>"#

  func validate() throws {
    guard !bundles.isEmpty else { throw ValidationError("Name at least one bundle.") }
    guard output.hasSuffix(".html") else {
      throw ValidationError("-o \(output): its name must end in .html.")
    }
  }
}

extension PageCommand {
  func run() throws {
    let page = try readTemplate()
    var enclosed: [CanonicalJSON] = []
    var total = 0
    for path in bundles {
      let content = try BundleError.naming(path, { try Self.content(of: path) })
      total += content.count
      guard total <= Self.mostBytes else {
        throw CommandFailure(
          .impossibleHere, "\(path): a page takes bundles of \(Self.mostBytes) bytes in all")
      }
      enclosed.append([
        "name": .string(PathParts.split(path).name), "content": .string(Base64.encoded(content)),
      ])
    }
    let data = HTML.inScript(CanonicalJSON.array(enclosed).text)
    let filled = page.replacing(
      Self.place, with: Self.place.replacing("[]", with: data))
    try WrittenFile.write(filled, to: output, force: writing.force)
    options.output.line("\(output): \(Figures.count(bundles.count, "bundle"))")
    options.output.answer([
      "bundles": CanonicalJSON(bundles.count), "bytes": CanonicalJSON(filled.utf8.count),
      "path": .string(output),
    ])
  }

  /// Every byte of a bundle that is sound.
  private static func content(of path: String) throws(BundleError) -> [UInt8] {
    let reader = try BundleReader(path: path)
    guard reader.fileBytes <= mostBytes else {
      throw .unsupported(detail: "it is too large for a page: \(reader.fileBytes) bytes")
    }
    _ = try reader.verify()
    let file = try BundleFile(path: path)
    return try file.read(at: 0, count: file.size)
  }

  private func readTemplate() throws -> String {
    let places =
      template.map { [$0] }
      ?? [Installation.shared("replay.html"), "bundles/replay.html"].compactMap { $0 }
    for place in places {
      guard let bytes = try Disk().read(place, limit: Self.mostTemplateBytes) else { continue }
      let page = String(decoding: bytes, as: UTF8.self)
      guard page.ranges(of: Self.place).count == 1 else {
        throw CommandFailure(
          .impossibleHere, "\(place): it is not a page that bundles can be put into")
      }
      return page
    }
    if let template {
      throw CommandFailure(.inputOutput, "\(template): \(Output.errorText(ENOENT))")
    }
    throw CommandFailure(
      .inputOutput,
      "no page to put bundles into: there is no \(places.joined(separator: " and no ")); give the "
        + "project's bundles/replay.html with --template")
  }
}
