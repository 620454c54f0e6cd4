import Foundation
import RunRecords
import Testing

@Suite struct ReportCommandTests {
  private func text(_ folder: TemporaryFolder, _ name: String) -> String {
    String(decoding: folder.content(name) ?? .init(), as: UTF8.self)
  }

  @Test func bundlesAndDirectoriesAreOverlaid() throws {
    let folder = TemporaryFolder()
    let answer = try SealedRuns.ask("report a b.tar.zst -o \(folder.path)/r.html")
    #expect(answer.status == 0 && answer.error.isEmpty)
    #expect(answer.output == "\(folder.path)/r.html: 2 runs. Their configs differ in seed.\n")
    let page = text(folder, "r.html")
    #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
    #expect(
      page.contains("<title>1: seed 42</title>") && page.contains("<title>2: seed 43</title>"))
    #expect(page.contains("a run directory, which has no identity"))
    // A second report has the same bytes.
    _ = try SealedRuns.ask("report a b.tar.zst -o \(folder.path)/again.html")
    #expect(text(folder, "again.html") == page)
  }

  @Test func aDirectoryStandsForTheRunsBelowIt() throws {
    let folder = TemporaryFolder()
    // Other tests write bundles beside the shared ones.
    let copy =
      """
      mkdir \(folder.path)/below; \
      cp -r a.tar.zst b forged.tar.zst thin.tar.zst \(folder.path)/below
      """
    let answer = try Program.shell(
      "\(copy); cd \(folder.path); \"$R\" report . -o r.html --json", in: SealedRuns.shared.path)
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    guard case .array(let runs)? = json["runs"] else {
      Issue.record("no runs")
      return
    }
    #expect(
      runs.map { $0["path"]?.stringValue } == [
        "./below/a.tar.zst", "./below/b", "./below/forged.tar.zst",
      ])
    #expect(json["differing"] == ["seed"] && json["colored_by"] == .null)
    #expect(
      json["counted_once"] == [
        ["path": "./below/thin.tar.zst", "counted": "./below/a.tar.zst"]
      ])
    #expect(json["contradictions"] == [["./below/a.tar.zst", "./below/forged.tar.zst"]])
    #expect(json["left_out"] == [])
  }

  @Test(
    arguments: [
      ("report", 64, "regrok: Missing expected argument '<path> ...'; see regrok help report\n"),
      (
        "report a", 64,
        "regrok: Missing expected argument '--output <report>'; see regrok help report\n"
      ),
      (
        "report a -o r.pdf", 64,
        "regrok: -o r.pdf: its name must end in .html; see regrok help report\n"
      ),
      ("report a -o absent/r.html", 74, nil),
      ("report a absent -o r.html", 74, nil),
      ("report c.yaml -o r.html", 2, nil),
      (
        "report /nonexistent -o r.html", 74, "regrok: /nonexistent: No such file or directory\n"
      ),
      (
        "report a --by sede -o r.html", 64, "regrok: --by sede: no run has this key in its config\n"
      ),
      (
        "diff a b --html d.txt", 64,
        "regrok: --html d.txt: its name must end in .html; see regrok help diff\n"
      ),
      ("diff a b --html absent/d.html", 74, nil),
    ] as [(String, Int32, String?)])
  func mistakesAreToldInOneLine(arguments: String, status: Int32, error: String?) throws {
    let answer = try SealedRuns.ask(arguments)
    #expect(answer.status == status)
    #expect(answer.error.split(separator: "\n").count == 1, "\(answer.error)")
    #expect(answer.output.isEmpty)
    if let error { #expect(answer.error == error) }
    #expect(SealedRuns.shared.folder.content("r.html") == nil)
  }

  @Test func aDiffIsAlsoAPage() throws {
    let folder = TemporaryFolder()
    let answer = try SealedRuns.ask("diff a b.tar.zst --html \(folder.path)/d.html")
    #expect(answer.status == 1)
    #expect(answer.output == (try SealedRuns.ask("diff a b.tar.zst")).output)
    let page = text(folder, "d.html")
    #expect(page.contains("<h1>A and B: different</h1>"))
    #expect(page.contains("<tr><td>seed<td>42<td>43<td>"))
    let equal = try SealedRuns.ask("diff a a.tar.zst --html \(folder.path)/d.html")
    #expect(equal.status == 0)
    #expect(text(folder, "d.html").contains("<h1>A and B: identical</h1>"))
  }
}
