import TestSupport
import Testing

@testable import Bundles

@Suite struct PublishedFilesTests {
  private let directory = TemporaryDirectory()
  private static let names = PersonalNames(
    user: "ada", host: "node7.lab.example", home: "/srv/people/ada")

  private func files(_ outputs: [String: [UInt8]]) throws -> [PublishedFiles.File] {
    let program = try SampleProgram(outputs: outputs)
    let path = directory.path + "/run.tar.zst"
    try BundleWriter.pack(runDirectory: program.write(to: directory, name: "d"), to: path)
    return try PublishedFiles(of: try BundleReader(path: path), lookingFor: Self.names).files
  }

  @Test func whatPackingDidNotWriteIsListedWithItsSize() throws {
    let files = try files(["results/out/a.txt": Array("of ada\n".utf8)])
    #expect(
      files.map(\.path) == [
        "program.json", "outcome.json", "environment.json", "trace/metrics.csv",
        "trace/observed.csv", "log.txt", "inputs/.python-version", "inputs/tools/prepare.sh",
        "inputs/train.py", "results/out/a.txt",
      ])
    #expect(files.last?.bytes == 7)
    #expect(files.filter(\.isPersonal).map(\.path) == ["results/out/a.txt"])
  }

  @Test(arguments: [
    ("ada", true), ("by ada.", true), ("Canada", false), ("adapt", false), ("ada_2", false),
    ("ada-2", true), ("on node7", true), ("node7.lab.example", true), ("node71", false),
    ("x/srv/people/ada/run", true), ("/srv/people/adam", false), ("/srv/people", false),
    ("", false),
  ]) func aNameIsAWordAndTheHomeIsAPath(text: String, isPersonal: Bool) throws {
    let files = try files(["results/out/a.txt": Array(text.utf8)])
    #expect(files.last?.isPersonal == isPersonal)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 17, 18, 19, 20, 100])
  func aNameIsFoundAcrossParts(size: Int) {
    for (text, isPersonal) in [
      ("xxxxxxxxxxxxxxxxxxxxxxxxx ada xxxxxxxxxxxxxxx", true), ("xxxxxxxxxxxxxxxxxxxx ada", true),
      ("xxxxxxxxxxxxxxxxxxxxxxxxxada", false), ("xxxxxxxxxxxxxxxxxxxxxxada xxxxxxxxxxxxx", false),
      ("xxxxxxxxxxxxxxxxxxxxxxx/srv/people/ada", true), ("ada", true),
    ] {
      var search = PersonalNames.Search(Self.names)
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        search.look(in: bytes[start..<min(start + size, bytes.count)])
      }
      #expect(search.found() == isPersonal, "\(text) in parts of \(size)")
    }
  }

  @Test func namesThatSayNothingAreNotLookedFor() {
    var search = PersonalNames.Search(PersonalNames(user: "root", host: "localhost", home: "/"))
    search.look(in: Array("root at localhost in / has a c".utf8)[...])
    #expect(!search.found())
  }
}
