import ArchiveFiles
import Digests
import Foundation
import RunRecords
import TestSupport
import Testing

@testable import Archive
@testable import Replay

/// Statements signed with keys made here, in a directory to which anybody may write.
@Suite struct WitnessesTests {
  private let directory = TemporaryDirectory()
  private var folder: String { directory.path + "/statements" }
  private static let result = Digest(of: Array("result".utf8))

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private static func statement(
    _ verdict: ReplayStatement.Verdict = .identical, extent: ReplayStatement.Extent = .whole,
    of result: Digest = result, instructions: String = "avx2+fma", build: String = "build",
    kind: RunKind = .trainer
  ) -> ReplayStatement {
    ReplayStatement(
      kind: kind, result: result, bundle: Digest(of: []), config: Digest(of: [1]),
      verdict: verdict, extent: extent,
      differences: verdict == .identical ? [] : [.init("column", name: "loss", step: 4)],
      build: .init(
        software: "regrok 0.1.0", digest: Digest(of: Array(build.utf8)),
        configuration: "release", compiler: "Swift 6.3.1"),
      instructions: instructions, threads: 1, steps: 40, day: "2026-11-24")
  }

  /// Signs and writes a statement; returns its name in the directory.
  @discardableResult
  private func put(_ statement: ReplayStatement, by key: String) throws -> String {
    let path = try StatementFile.write(statement, beside: folder + "/b", signedBy: key)
    return String(path.dropFirst(folder.count + 1))
  }

  /// What the allowed signers say of a bundle that `author` has signed.
  private func witnesses(_ lines: [String], author: String? = nil) throws -> Witnesses {
    let allowed = directory.write(Array(lines.joined().utf8), to: "allowed")
    let author = try author.map { key in
      try SignatureArmor.key(
        in: try SSHKeygen.sign([], key: key, in: .bundle), of: .bundle)
    }
    return try WitnessDirectory(path: folder, allowedSigners: allowed)
      .witnesses(of: Self.result, author: author)
  }

  /// The reason why the file does not count; no other file may be skipped.
  private func reason(_ witnesses: Witnesses, _ file: String) throws -> String {
    #expect(witnesses.skipped.map(\.file) == [file])
    return try #require(witnesses.skipped.first).reason
  }

  // MARK: Who counts

  @Test func eachPersonWhoReplayedItCountsOnce() throws {
    let (ada, bob, eve) = (
      try directory.makeKey("ada"), try directory.makeKey("bob"),
      try directory.makeKey("eve", type: "ecdsa")
    )
    let second = try directory.makeKey("second")
    try put(Self.statement(), by: ada.key)
    try put(Self.statement(instructions: "avx512"), by: ada.key)
    try put(Self.statement(build: "another"), by: bob.key)
    try put(Self.statement(), by: eve.key)
    try put(Self.statement(), by: second.key)
    let others = second.line.replacing("second ssh", with: "bob ssh")
    let found = try witnesses([ada.line, bob.line, eve.line, others])
    #expect(found.replayers == ["ada", "bob", "eve"])
    #expect(found.counted.count == 5)
    #expect(found.instructionSets == ["avx2+fma", "avx512"])
    #expect(found.builds.count == 2)
    #expect(found.contradictions.isEmpty && found.skipped.isEmpty && found.strangers == 0)
    #expect(found.isAuthorUnknown)
  }

  @Test func aSampleNeverCounts() throws {
    let ada = try directory.makeKey("ada")
    for segments in [2, 5] {
      let sample = Self.statement(extent: .sample(segments: segments, of: 5, seed: 7))
      let file = try put(sample, by: ada.key)
      let found = try witnesses([ada.line])
      #expect(found.replayers.isEmpty)
      #expect(
        try reason(found, file) == "ada replayed \(segments) of 5 segments, not the whole")
      try FileManager.default.removeItem(atPath: folder + "/" + file)
    }
  }

  @Test func aFailureContradictsWhereverItWasFound() throws {
    let (ada, bob) = (try directory.makeKey("ada"), try directory.makeKey("bob"))
    try put(Self.statement(.different), by: ada.key)
    try put(
      Self.statement(.different, extent: .sample(segments: 1, of: 5, seed: 7)), by: bob.key)
    try put(Self.statement(), by: bob.key)
    let found = try witnesses([ada.line, bob.line], author: ada.key)
    #expect(found.replayers == ["bob"])
    #expect(Set(found.contradictions.map(\.signer.name)) == ["ada", "bob"])
    #expect(found.skipped.isEmpty)
  }

  @Test func withinASpreadIsNotIdentical() throws {
    let ada = try directory.makeKey("ada")
    let file = try put(Self.statement(.within, kind: .program), by: ada.key)
    let found = try witnesses([ada.line])
    #expect(found.replayers.isEmpty && found.contradictions.isEmpty)
    #expect(try reason(found, file) == "ada says within its tolerance or spread, not identical")
  }

  @Test func strangersAreCountedAndNotBelieved() throws {
    let (ada, eve) = (try directory.makeKey("ada"), try directory.makeKey("eve"))
    try put(Self.statement(), by: eve.key)
    try put(Self.statement(.different), by: eve.key)
    // The key was removed from the list, which is how a key is revoked.
    let found = try witnesses([ada.line, "# " + eve.line])
    #expect(found.strangers == 2)
    #expect(found.replayers.isEmpty && found.contradictions.isEmpty && found.skipped.isEmpty)
  }

  @Test(arguments: [
    "valid-before=\"20200101\"", "valid-after=\"29990101\"", "namespaces=\"regrok\"",
  ])
  func aKeyThatMayNotSignThisNowDoesNotCount(condition: String) throws {
    let ada = try directory.makeKey("ada")
    let line = ada.line.replacing("ada ssh", with: "ada \(condition) ssh")
    for statement in [Self.statement(), Self.statement(.different)] {
      let file = try put(statement, by: ada.key)
      let found = try witnesses([line])
      #expect(found.replayers.isEmpty && found.contradictions.isEmpty && found.strangers == 0)
      #expect(try reason(found, file).contains("ssh-keygen says"))
      try FileManager.default.removeItem(atPath: folder + "/" + file)
    }
  }

  @Test func whomAPatternMatchesIsNobody() throws {
    let ada = try directory.makeKey("ada")
    let line = ada.line.replacing("ada ssh", with: "*@example.org ssh")
    let file = try put(Self.statement(), by: ada.key)
    let found = try witnesses([line])
    #expect(found.replayers.isEmpty)
    #expect(try reason(found, file).contains("which names nobody"))
    try put(Self.statement(.different), by: ada.key)
    #expect(try witnesses([line]).contradictions.map(\.signer.isPattern) == [true])
  }

  @Test func theBundlesOwnSignerDoesNotCount() throws {
    let (author, ada, renewed) = (
      try directory.makeKey("author"), try directory.makeKey("ada"),
      try directory.makeKey("renewed")
    )
    let own = try put(Self.statement(), by: author.key)
    try put(Self.statement(), by: ada.key)
    let byKey = try witnesses([author.line, ada.line], author: author.key)
    #expect(byKey.replayers == ["ada"] && !byKey.isAuthorUnknown)
    #expect(try reason(byKey, own) == "author is the bundle's own signer")
    #expect(try witnesses([author.line, ada.line], author: ada.key).replayers == ["author"])

    // The signer is also known by name, with another key. This holds where the key that signed the
    // bundle has expired or has several names.
    try FileManager.default.removeItem(atPath: folder + "/" + own)
    let other = try put(Self.statement(), by: renewed.key)
    let line = renewed.line.replacing("renewed ssh", with: "author ssh")
    for old in [
      author.line,
      author.line.replacing("author ssh", with: "author valid-before=\"20200101\" ssh"),
      author.line.replacing("author ssh", with: "x,author ssh"),
    ] {
      let byName = try witnesses([old, line, ada.line], author: author.key)
      #expect(byName.replayers == ["ada"], "\(old)")
      #expect(try reason(byName, other) == "author is the bundle's own signer")
    }
    // ssh-keygen gives another name of the same person.
    let twoNames = renewed.line.replacing("renewed ssh", with: "a,author ssh")
    #expect(try witnesses([author.line, twoNames], author: author.key).replayers.isEmpty)
  }

  @Test func aStatementOnAnotherResultSaysNothingOfThis() throws {
    let ada = try directory.makeKey("ada")
    let other = Digest(of: Array("other".utf8))
    let file = try put(Self.statement(.different, of: other), by: ada.key)
    let found = try witnesses([ada.line])
    #expect(found.replayers.isEmpty && found.contradictions.isEmpty)
    #expect(try reason(found, file) == "it is about another result, \(other)")
  }

  // MARK: What an attacker puts there

  /// Reads after a change to the one statement that is there.
  private func reasonAfter(
    _ change: (_ path: String, _ key: String) throws -> Void
  ) throws -> (reason: String, file: String) {
    let ada = try directory.makeKey("ada")
    let name = try put(Self.statement(), by: ada.key)
    #expect(try witnesses([ada.line]).replayers == ["ada"])
    try change(folder + "/" + name, ada.key)
    let found = try witnesses([ada.line])
    #expect(found.replayers.isEmpty && found.contradictions.isEmpty && found.strangers == 0)
    let skipped = try #require(found.skipped.first)
    #expect(found.skipped.count == 1)
    return (skipped.reason, skipped.file)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test func aChangedStatementHasNoSignatureThatHolds() throws {
    let changed = Self.statement(instructions: "avx512").json.utf8
    let lying = try reasonAfter { path, _ in try write(changed, path) }
    #expect(lying.reason.hasPrefix("its name is not that of what it holds, "))
    // Now under the name that it should have.
    let renamed = String(lying.reason.suffix(45))
    try FileManager.default.removeItem(atPath: directory.path + "/ada")
    try FileManager.default.removeItem(atPath: directory.path + "/ada.pub")
    try FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let found = try reasonAfter { path, _ in
      let end = Digest(of: changed).hex.prefix(8) + ".replay.json"
      let target = path.dropLast(8 + 12) + end
      try write(changed, String(target))
      try FileManager.default.moveItem(atPath: path + ".sig", toPath: target + ".sig")
      try FileManager.default.removeItem(atPath: path)
    }
    #expect(found.file.hasSuffix(renamed.suffix(20)))
    #expect(found.reason.hasPrefix("the signature does not hold"))
  }

  @Test func aNameThatLiesIsRefused() throws {
    let (ada, bob) = (try directory.makeKey("ada"), try directory.makeKey("bob"))
    let name = try put(Self.statement(), by: ada.key)
    let by = try put(Self.statement(), by: bob.key)
    let parts = name.split(separator: ".").map(String.init)
    let lies = [
      (["0000000000000000"] + parts[1...]).joined(separator: "."),
      [parts[0], "00000000", parts[2], "replay", "json"].joined(separator: "."),
      [parts[0], parts[1], "00000000", "replay", "json"].joined(separator: "."),
      [parts[0].uppercased() + "." + parts[1], parts[2], "replay", "json"].joined(separator: "."),
      [parts[0], parts[1], parts[2], "x", "replay", "json"].joined(separator: "."),
      "x.replay.json", ".replay.json", "ö\u{1b}[2J.replay.json",
    ]
    for lie in lies {
      for end in ["", ".sig"] {
        try FileManager.default.copyItem(
          atPath: folder + "/" + name + end, toPath: folder + "/" + lie + end)
      }
    }
    let found = try witnesses([ada.line, bob.line])
    #expect(found.counted.map(\.file) == [name, by])
    #expect(Set(found.skipped.map(\.file)) == Set(lies))
    #expect(found.skipped.allSatisfy { $0.reason.hasPrefix("its name is not ") })
  }

  @Test func whatIsNoStatementIsNamedWithItsReason() throws {
    let manager = FileManager.default
    let changes: [(String, (_ path: String, _ key: String) throws -> Void)] = [
      (
        "it is a symbolic link",
        { path, _ in
          try manager.moveItem(atPath: path, toPath: path + ".real")
          try manager.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
        }
      ),
      (
        "its signature: it is a symbolic link",
        { path, _ in
          try manager.moveItem(atPath: path + ".sig", toPath: path + ".real")
          try manager.createSymbolicLink(atPath: path + ".sig", withDestinationPath: path + ".real")
        }
      ),
      (
        "it is a directory, not a file",
        { path, _ in
          try manager.removeItem(atPath: path)
          try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
      ),
      (
        "it is not a regular file",
        { path, _ in
          try manager.removeItem(atPath: path)
          try #require(unsafe mkfifo(path, 0o600) == 0)
        }
      ),
      (
        "its signature: cannot open: No such file or directory",
        { path, _ in
          try manager.removeItem(atPath: path + ".sig")
        }
      ),
      (
        "it has more than 65536 bytes, which is the limit",
        { path, _ in
          try #require(unsafe truncate(path, 1 << 40) == 0)
        }
      ),
      (
        "its signature: it has more than 16384 bytes, which is the limit",
        { path, _ in
          try #require(unsafe truncate(path + ".sig", 1 << 40) == 0)
        }
      ),
      ("it cannot be read as canonical JSON", { path, _ in try write(Array("{".utf8), path) }),
      ("it is not UTF-8", { path, _ in try write([0xff], path) }),
      (
        "it cannot be read as canonical JSON",
        { path, _ in
          try write([UInt8](repeating: UInt8(ascii: "["), count: 60000), path)
        }
      ),
      (
        "it is no in-toto statement on the result of a test",
        { path, _ in
          try write(Array("{}".utf8), path)
        }
      ),
      (
        "its signature: it is not in the lines that ssh-keygen writes",
        { path, _ in
          try write([], path + ".sig")
        }
      ),
      (
        "its signature: its namespace is not regrok-replay",
        { path, key in
          let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
          try write(try SSHKeygen.sign(bytes, key: key, in: .bundle), path + ".sig")
        }
      ),
    ]
    for (reason, change) in changes {
      for name in ["ada", "ada.pub", "statements"] {
        try? manager.removeItem(atPath: directory.path + "/" + name)
      }
      try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
      #expect(try reasonAfter(change).reason == reason)
    }
  }

  @Test func otherFilesAreNotLookedAt() throws {
    let ada = try directory.makeKey("ada")
    let name = try put(Self.statement(), by: ada.key)
    try write([1], folder + "/b.tar.zst")
    try write([1], folder + "/x.sig")
    try FileManager.default.createDirectory(
      atPath: folder + "/below", withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      atPath: folder + "/" + name, toPath: folder + "/below/" + name)
    let found = try witnesses([ada.line])
    #expect(found.counted.isEmpty && found.skipped.isEmpty)
  }

  @Test func tooManyStatementsAreRefused() throws {
    for number in 0...4096 { try write([], folder + "/\(number).replay.json") }
    let error = #expect(throws: BundleError.self) { try witnesses([]) }
    #expect("\(error!)".hasSuffix("4097 statements lie there; at most 4096 are read"))
  }

  @Test func aDirectoryAndAListHaveToBeThere() throws {
    let allowed = directory.write([], to: "allowed")
    for (path, list) in [("/none", allowed), ("/statements", directory.path + "/none")] {
      let error = #expect(throws: BundleError.self) {
        try WitnessDirectory(path: directory.path + path, allowedSigners: list)
      }
      guard case .inputOutput? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  // MARK: Writing

  /// ECDSA signs with a random number, so a second signature would differ.
  @Test(arguments: ["ed25519", "ecdsa"])
  func theSameStatementAgainLeavesTheFirst(type: String) throws {
    let ada = try directory.makeKey("ada", type: type)
    let name = try put(Self.statement(), by: ada.key)
    let before = directory.read("statements/\(name).sig")
    #expect(try put(Self.statement(), by: ada.key) == name)
    #expect(directory.read("statements/\(name).sig") == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
  }

  @Test(arguments: ["", ".sig"])
  func anotherFileIsNeverOverwritten(end: String) throws {
    let ada = try directory.makeKey("ada")
    let name = try put(Self.statement(), by: ada.key)
    try write([1], folder + "/" + name + end)
    #expect(throws: BundleError.self) { try put(Self.statement(), by: ada.key) }
    #expect(directory.read("statements/\(name)\(end)") == [1])
  }
}
