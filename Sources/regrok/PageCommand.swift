import Archive
import ArchiveFiles
import ArgumentParser
import Bundles
import Files
import Reports
import RunRecords

/// `regrok page`: the page that performs a run again, with bundles inside.
struct PageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page",
    abstract: "Make a web page that checks bundles and performs their runs again.",
    discussion: """
      The page is one file that needs no server and opens no connection: whoever opens it has their \
      own browser check every byte of the bundles in it, train the networks again, and compare \
      every number. It is bundles/replay.html with the bundles as data; that page alone takes any \
      bundle that is dropped on it.
      """)

  @Argument(help: "Sealed bundles.")
  var bundles: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The page to write.", valueName: "file.html"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "The page without bundles (default: the installed one, or bundles/replay.html).",
      valueName: "replay.html"))
  var template: String?

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  /// Bytes of all bundles: more than a browser reads in a page.
  private static let mostBytes = 128 << 20
  /// Bytes of a page without bundles.
  private static let mostTemplateBytes = 8 << 20
  /// Where the bundles come in a page.
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
    // So that no name ends the element.
    let data = CanonicalJSON.array(enclosed).text.replacing("<", with: "\\u003c")
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
        throw CommandFailure(.impossibleHere, "\(place): it is no page to put bundles into")
      }
      return page
    }
    throw CommandFailure(
      .inputOutput,
      "\(places.joined(separator: ", ")): no such file; --template names bundles/replay.html of "
        + "the project")
  }
}
