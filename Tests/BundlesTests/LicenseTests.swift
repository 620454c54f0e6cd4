import RunRecords
import Testing

@testable import Bundles

/// Licences as a user states them; the identifiers are SPDX's.
@Suite struct LicenseTests {
  @Test(arguments: [
    ("MIT", "https://spdx.org/licenses/MIT", "MIT"),
    ("apache-2.0", "https://spdx.org/licenses/Apache-2.0", "Apache-2.0"),
    ("https://lab.example/terms", "https://lab.example/terms", "https://lab.example/terms"),
    ("MIT OR apache-2.0", "#license", "MIT OR Apache-2.0"),
    (
      "GPL-2.0-or-later WITH classpath-exception-2.0", "#license",
      "GPL-2.0-or-later WITH Classpath-exception-2.0"
    ),
    (
      "(MIT  AND (BSD-3-Clause OR LicenseRef-Ours))", "#license",
      "(MIT AND (BSD-3-Clause OR LicenseRef-Ours))"
    ),
    ("EUPL-1.1+", "#license", "EUPL-1.1+"),
  ])
  func whatIsALicence(text: String, id: String, name: String) throws {
    let license = try Terms.License(text)
    #expect(license.id == id)
    #expect(license.entity["name"] == .string(name))
    #expect(license.entity["@id"] == .string(id))
  }

  @Test(arguments: [
    ("apache2", "did you mean Apache-2.0?"), ("gpl3", "did you mean GPL-3.0?"),
    ("CC-BY", "list of SPDX"), ("MIT OR", "neither"), ("OR MIT", "list of SPDX"),
    ("MIT MIT", "neither"), ("(MIT", "neither"), ("MIT)", "neither"), ("()", "neither"),
    ("MIT WITH", "neither"), ("MIT WITH MIT", "list of SPDX"), ("MIT or Apache-2.0", "neither"),
    ("", "neither"), (" ", "neither"), ("a b", "list of SPDX"), ("http://", "neither"),
    ("M\u{ef}T", "neither"), ("LicenseRef-", "list of SPDX"), ("+", "list of SPDX"),
  ])
  func whatIsNone(text: String, reason: String) {
    let fault = #expect(throws: Terms.Fault.self) { try Terms.License(text) }
    #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
  }

  @Test func theListIsThatOfSPDX() {
    let (licenses, exceptions) = (SPDXIdentifiers.licenses, SPDXIdentifiers.exceptions)
    #expect(licenses.count == 698 && exceptions.count == 88)
    #expect(Set(licenses + exceptions).count == licenses.count + exceptions.count)
    for name in ["0BSD", "AGPL-3.0-only", "CC0-1.0", "ODbL-1.0", "Zlib", "GPL-2.0+"] {
      #expect(licenses.contains(name))
    }
  }

  @Test(
    arguments: [
      ("https://a.example", "P <https://a.example>"),
      ("https://w3id.org/ro/wfrun/process/0.5", nil),
      (nil, "P <https://w3id.org/ro/wfrun/process/0.5>"),
    ] as [(String?, String?)])
  func anAddressThatTheCrateNeedsForAnotherIsRefused(license: String?, publisher: String?) {
    #expect(throws: Terms.Fault.self) { try Terms(license: license, publisher: publisher) }
  }
}
