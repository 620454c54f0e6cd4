import Foundation
import RunRecords
import Testing

@Suite struct ClaimsCommandTests {
  private func ask(_ script: String) throws -> Program.Answer {
    try Program.shell(script, in: SealedRuns.shared.path)
  }

  @Test func thirtyClaimsAreAnswered() throws {
    let folder = TemporaryFolder()
    let answer = try ask(
      "mkdir -p \(folder.path)/x && cp a.tar.zst \(folder.path)/x/ && \"$R\" claims \(folder.path) --json"
    )
    #expect(answer.status == 0)
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    guard case .array(let claims)? = json["claims"] else {
      Issue.record("no claims")
      return
    }
    #expect(claims.count == 30)
    // The run is none of the paper's.
    #expect(claims.allSatisfy { $0["verdict"] == "not tested" && $0["bundles"] == [] })
    let text = try ask(
      "\"$R\" claims \(folder.path) -o \(folder.path)/report.html -o \(folder.path)/t.md")
    let rows = String(decoding: folder.content("t.md") ?? .init(), as: UTF8.self).split(
      separator: "\n")
    #expect(rows.count == 33 && rows[31].hasPrefix("| 30 |") && rows[32].contains("30 not tested"))
    let page = String(decoding: folder.content("report.html") ?? .init(), as: UTF8.self)
    #expect(page.contains("id=\"claim-30\"") && page.hasSuffix("</html>\n"))
    let unwritable = try ask("\"$R\" claims \(folder.path) -o \(folder.path)/absent/report.html")
    #expect(unwritable.status == 74)
    #expect(try ask("\"$R\" claims \(folder.path) -o report.pdf").status == 64)
    #expect(text.status == 0)
    #expect(
      text.output
        == "None of the paper's runs is among the 1 run below \(folder.path): 30 claims, 30 not "
        + "tested.\n")
  }

  @Test func aDirectoryWithoutBundlesAndMissingDataAreRefused() throws {
    let folder = TemporaryFolder()
    for arguments in [
      "claims \(folder.path)", "claims absent", "claims a.tar.zst --published absent",
    ] {
      let answer = try ask("\"$R\" \(arguments)")
      #expect(answer.status == 74 || answer.status == 2, "\(arguments)")
      #expect(answer.error.split(separator: "\n").count == 1)
    }
  }

  @Test func noPredictionIsMadeWithoutAnythingToGoBy() throws {
    // The run does not memorise in its 40 steps.
    let answer = try ask("\"$R\" predict a.tar.zst")
    #expect(answer.status == 4)
    #expect(answer.error.contains("not memorised"))
  }
}
