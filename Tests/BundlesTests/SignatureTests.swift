import Foundation
import RunRecords
import Testing

@testable import Archive
@testable import ArchiveFiles
@testable import Bundles

/// Signatures with keys made here. Tests/Interop/signatures.sh checks them with ssh-keygen itself.
@Suite struct SignatureTests {
  private let directory = TemporaryDirectory()

  private func signed(by key: String?) throws -> BundleReader {
    let path = directory.path + "/" + UUID().uuidString
    try BundleWriter.pack(
      runDirectory: SampleRun().write(to: directory, name: UUID().uuidString), to: path,
      signingKey: key)
    let reader = try BundleReader(path: path)
    _ = try reader.verify()
    return reader
  }

  private func expectStranger(_ reader: BundleReader, allowed: String) {
    let error = #expect(throws: BundleError.self) { try reader.signer(allowed: allowed) }
    guard case .notTrusted? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.reason == .signature)
  }

  @Test func aSignatureIsByWhoeverMaySign() throws {
    let (ada, eve) = (try directory.makeKey("ada"), try directory.makeKey("eve"))
    let allowed = directory.write(Array((eve.line + ada.line).utf8), to: "allowed")
    let adaAlone = directory.write(Array(ada.line.utf8), to: "ada-alone")
    let byEve = try signed(by: eve.key)
    #expect(byEve.isSigned)
    #expect(try byEve.signer(allowed: allowed) == Signer(name: "eve", isPattern: false))
    expectStranger(byEve, allowed: adaAlone)
    let unsigned = try signed(by: nil)
    #expect(!unsigned.isSigned)
    #expect(unsigned.identity == byEve.identity)
    expectStranger(unsigned, allowed: allowed)
  }

  @Test func aSignatureOfAnotherBundleDoesNotHold() throws {
    let ada = try directory.makeKey("ada")
    let allowed = directory.write(Array(ada.line.utf8), to: "allowed")
    var forge = try BundleForge()
    let other = try SSHKeygen.sign(forge["bagit.txt"], key: ada.key, in: .bundle)
    forge.files.insert(("tagmanifest-sha256.txt.sig", other), at: 4)
    let reader = try BundleReader(path: directory.write(forge.bytes, to: "b"))
    _ = try reader.verify()
    expectStranger(reader, allowed: allowed)
  }

  @Test func aKeyThatIsNoneSignsNothing() throws {
    let run = SampleRun().write(to: directory)
    let notAKey = directory.write(Array("x".utf8), to: "key")
    for key in [notAKey, directory.path + "/none"] {
      #expect(throws: BundleError.self) {
        try BundleWriter.pack(
          runDirectory: run, to: directory.path + "/bundle", signingKey: key)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path + "/bundle"))
  }
}
