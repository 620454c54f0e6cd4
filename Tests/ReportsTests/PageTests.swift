import Digests
import Foundation
import PageSources
import Testing

@testable import Reports

@Suite struct PageTests {
  private let page = Page.html(title: "a < b", body: "<p>c</p>\n")

  /// How a policy names a text, computed with Foundation's base64.
  private func source(_ text: Substring) -> String {
    "sha256-" + Data(Digest(of: Array(text.utf8)).bytes).base64EncodedString()
  }

  @Test func thePolicyAllowsThePagesOwnScriptAndStyleAlone() throws {
    let style = try #require(page.firstMatch(of: /<style>((?s).*)<\/style>/)).1
    let script = try #require(page.firstMatch(of: /<script>((?s).*)<\/script>/)).1
    let policy =
      "default-src 'none'; script-src '\(source(script))'; style-src '\(source(style))'; "
      + "img-src data:; base-uri 'none'; form-action 'none'"
    #expect(page.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">"))
    // The policy stands before the things that it allows.
    let (before, after) = (page.split(separator: "<style>")[0], "Content-Security-Policy")
    #expect(before.contains(after) && !before.contains("<script"))
  }

  @Test func whatIsBeforeTheTitleIsOfEachPage() {
    let other = Page.html(title: "other", body: "")
    #expect(page.split(separator: "<title>")[0] == other.split(separator: "<title>")[0])
    #expect(page.contains("<title>a &lt; b</title>"))
  }

  @Test func theScriptIsSmallAndEndsNoElement() {
    #expect(PageSources.chart.utf8.count < 16_000)
    for ending in ["</", "<!--", "innerHTML", "eval(", "fetch(", "import"] {
      #expect(!PageSources.chart.contains(ending), "\(ending)")
    }
  }

  @Test func eachInkIsInTheStyle() {
    let inks: [Ink] =
      (0..<Ink.colors).map { .color($0) } + (0..<10).map { .ramp($0) } + [.grey]
    for ink in inks {
      #expect(PageSources.pictureStyle.contains(".\(ink.name){color:var(--\(ink.name))}"))
      // One colour for light and one for dark.
      let colors = PageSources.pictureStyle.matches(of: try! Regex("--\(ink.name):#[0-9a-f]+"))
      #expect(colors.count == 2, "\(ink.name)")
    }
  }
}
