import Files
import Foundation
import Synchronization
import Testing

@testable import Sweeps

/// The board of claims, as processes on several hosts see it. The tests set the time.
@Suite struct ClaimsTests {
  private let folder = TemporaryDirectory()
  private let time = Clock()

  /// A clock whose seconds pass only when a test says so.
  private final class Clock: Sendable {
    private let now = Mutex(0.0)

    func pass(_ seconds: Double) { now.withLock { $0 += seconds } }
    var value: Double { now.withLock { $0 } }
  }

  private func board() -> Claims { Claims(folder.path) { [time] in time.value } }

  private func claim(_ board: Claims, _ key: String = "work") throws -> Claim? {
    try board.look()
    return if case .mine(let claim) = try board.claim(key) { claim } else { nil }
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// Writes a claim as a process on another host would.
  private func foreign(
    _ name: String, isLocked: Bool = false, beats: Int = 0, boot: String = "another"
  ) {
    var note = ClaimNote(id: "00000000000000ff", isLocked: isLocked)
    note.boot = boot
    note.host = "elsewhere"
    note.beats = beats
    folder.write(note.bytes, to: name)
  }

  @Test func whatOneHasNobodyElseGets() throws {
    let (first, second) = (board(), board())
    let claim = try #require(try self.claim(first))
    #expect(try self.claim(second) == nil)
    #expect(try self.claim(first) == nil)
    #expect(try self.claim(second, "other") != nil)
    #expect(claim.generation == 1 && claim.earlier == nil && !claim.isInDoubt)
    #expect(try names() == ["other.1", "work.1"])
    first.finish(claim)
    #expect(try names() == ["other.1"])
    // The work may be claimed again.
    guard case .mine = try first.claim("work") else {
      Issue.record("nobody has it")
      return
    }
  }

  /// The answer to linking was lost: the claim's own name is gone, and the file has one name.
  @Test func aLostAnswerIsNoLostClaim() throws {
    let (own, name) = (folder.path + "/own", folder.path + "/work.1")
    let file = try ClaimFile(path: own)
    try FileManager.default.linkItem(atPath: own, toPath: name)
    #expect(try file.take(name))
    #expect(try names() == ["work.1"])
  }

  @Test func aReleasedClaimIsTakenAtOnceByTheNextGeneration() throws {
    let (first, second) = (board(), board())
    let claim = try #require(try self.claim(first))
    first.release(claim)
    let next = try #require(try self.claim(second))
    #expect(next.generation == 2 && next.earlier == claim.id && !next.isInDoubt)
    // Claims are removed only when the work is done.
    #expect(try names() == ["work.1", "work.2"])
    second.finish(next)
    #expect(try names() == [])
  }

  /// The holder has ended and its lock is free, although its file looks as if it were alive.
  @Test func anEndedHolderIsSeenAtOnceOnTheSameHost() throws {
    let (first, second) = (board(), board())
    var claim = try self.claim(first)
    let id = try #require(claim?.id)
    #expect(try self.claim(second) == nil)
    first.abandon(try #require(claim))
    claim = nil
    let next = try #require(try self.claim(second))
    #expect(next.earlier == id && !next.isInDoubt)
  }

  @Test(arguments: [("another", true), ("another", false), (bootIdentity() ?? "", false)])
  func onAnotherHostTenMinutesOfSilenceTell(boot: String, isLocked: Bool) throws {
    foreign("work.1", isLocked: isLocked, boot: boot)
    let board = board()
    #expect(try claim(board) == nil)
    time.pass(599)
    #expect(try claim(board) == nil)
    time.pass(1)
    let next = try #require(try claim(board))
    #expect(next.generation == 2 && next.isInDoubt && next.earlier == "00000000000000ff")
  }

  @Test func whoWritesItsFileAgainLives() throws {
    let board = board()
    for beat in 0..<5 {
      foreign("work.1", beats: beat)
      try board.look()
      guard case .taken(let isAlive) = try board.claim("work") else {
        Issue.record("it was taken over")
        return
      }
      #expect(isAlive == (beat > 0))
      time.pass(400)
    }
  }

  /// An empty file: its writer was killed, or its host has not sent the content yet.
  @Test func anEmptyClaimIsAClaim() throws {
    folder.write([], to: "work.1")
    let board = board()
    #expect(try claim(board) == nil)
    time.pass(600)
    #expect(try claim(board)?.earlier == nil)
  }

  /// Of many processes that see an ended holder at the same moment, one gets its work.
  @Test func manySuccessorsAreOne() throws {
    for round in 0..<20 {
      let ended = board()
      ended.release(try #require(try claim(ended, "work\(round)")))
      let boards = (0..<8).map { _ in board() }
      for board in boards { try board.look() }
      let taken = Mutex<[Int]>([])
      Concurrency.perform(boards.count) { index in
        if case .mine(let claim)? = try? boards[index].claim("work\(round)") {
          taken.withLock { $0.append(claim.generation) }
        }
      }
      #expect(taken.withLock { $0 } == [2])
    }
  }

  @Test func aHolderLearnsThatItsWorkWasTakenOver() throws {
    let (first, second) = (board(), board())
    let claim = try #require(try self.claim(first))
    // For the second board, the claim now belongs to another host, which is silent.
    foreign("work.1")
    #expect(try self.claim(second) == nil)
    time.pass(600)
    let next = try #require(try self.claim(second))
    #expect(!claim.isLost)
    first.beat()
    #expect(claim.isLost && !next.isLost)
  }

  @Test func aHolderWritesItsFileEveryHalfMinute() throws {
    let board = board()
    let claim = try #require(try self.claim(board))
    claim.took(step: 40, end: 100)
    func note() throws -> ClaimNote {
      try #require(try Claims.newest(in: folder.path)["work"]).note
    }
    board.beat()
    #expect(try note().beats == 0)
    time.pass(30)
    claim.took(step: 60, end: 100)
    board.beat()
    #expect(try note().beats == 1)
    #expect(try note().step == 60 && note().firstStep == 40 && note().end == 100)
    #expect(try note().seconds == 30 && note().id == claim.id)
    #expect(try note().process == Int(processNumber()))
  }

  @Test(arguments: [
    "", "{}", "no", "{\"id\":\"../../etc\"}", String(repeating: " ", count: 1024),
    String(repeating: "[", count: 1024),
  ])
  func whatIsNoNoteIsNone(text: String) { #expect(ClaimNote(Array(text.utf8)) == nil) }

  /// Names with an impossible generation are ignored.
  @Test func aGenerationThatCannotBeIsNone() throws {
    for name in ["work.9223372036854775807", "work.0", "work.-1", "work.x", "work.", "work"] {
      folder.write([], to: name)
    }
    #expect(try claim(board())?.generation == 1)
  }

  @Test func theCheckLeavesNothing() throws {
    try board().check()
    #expect(try names() == [])
  }

  @Test func aFileSystemWithoutLinksIsNamed() throws {
    // The folder of the new name is missing. Any error except that the name exists is reported.
    let file = try ClaimFile(path: folder.path + "/own")
    #expect(throws: FileError.self) { _ = try file.take(folder.path + "/none/work.1") }
  }
}
