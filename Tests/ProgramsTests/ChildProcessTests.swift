import Files
import Foundation
import Testing

@testable import Programs

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct ChildProcessTests {
  @Test(arguments: [Int32(0), 1, 7, 255])
  func itsStatusIsTold(status: Int32) throws {
    let ending = try script("exit \(status)").run(WatchedOutput())
    #expect(ending.end == .exited(status: status))
    #expect(ending.demand == nil)
    #expect(ending.leftProcesses == 0)
  }

  @Test func theSignalThatKilledItIsTold() throws {
    let ending = try script("kill -KILL $$").run(WatchedOutput())
    #expect(ending.end == .killed(signal: SIGKILL))
    #expect(ending.demand == nil)
  }

  @Test func bothOfItsOutputsAreSeenToTheLastByte() throws {
    let seen = WatchedOutput()
    _ = try script("echo one; echo two >&2; printf three").run(seen)
    #expect(seen.text.contains("one\n") && seen.text.contains("two\n"))
    #expect(seen.text.contains("three"))
    #expect(seen.count == 13)
  }

  @Test func itReadsNothing() throws {
    let seen = WatchedOutput()
    _ = try script("cat; wc -c < /dev/stdin; test -t 0 || echo none").run(seen)
    #expect(seen.text.split(whereSeparator: \.isWhitespace) == ["0", "none"])
  }

  @Test func itHasThoseVariablesAndThatDirectory() throws {
    let folder = TemporaryDirectory()
    folder.write([], to: "here")
    let seen = WatchedOutput()
    _ = try script("ls; env | grep -c REGROK_TEST_MARK; echo ${HOME:-none}", in: folder.path)
      .run(seen)
    #expect(seen.text == "here\n1\nnone\n")
  }

  @Test func aProgramThatIsNotThereIsAnError() throws {
    var child = script("")
    child.spawn.arguments = ["no-such-program-here"]
    #expect(
      throws: ProgramError.cannotStart(
        program: "no-such-program-here", reason: "No such file or directory")
    ) { try child.run(WatchedOutput()) }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func aSignalIsPassedOn(signal: Int32) throws {
    let seen = WatchedOutput()
    seen.demand = ("ready", .signal(signal))
    let name = signal == SIGINT ? "INT" : signal == SIGTERM ? "TERM" : "HUP"
    var child = script(
      "trap 'echo got; exit 9' \(name); echo ready; n=0; while [ $n -lt 600 ]; do sleep 0.1; "
        + "n=$((n+1)); done")
    child.graceSeconds = 60
    let ending = try child.run(seen)
    #expect(ending.end == .exited(status: 9))
    #expect(ending.demand == .signal(signal))
    #expect(seen.text.contains("got\n"))
  }

  @Test func whatDoesNotHearIsKilled() throws {
    let seen = WatchedOutput()
    seen.demand = ("ready", .timeLimit)
    let ending = try script(
      "trap '' TERM INT; echo ready; n=0; while [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done"
    ).run(seen)
    #expect(ending.end == .killed(signal: SIGKILL))
    #expect(ending.demand == .timeLimit)
  }

  @Test func aSecondDemandEndsItAtOnce() throws {
    let seen = ImpatientOutput()
    var child = script(
      "trap '' TERM INT; echo ready; n=0; while [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done")
    child.graceSeconds = 600
    let ending = try child.run(seen)
    #expect(ending.end == .killed(signal: SIGKILL))
    #expect(ending.demand == .signal(SIGINT))
  }

  @Test func aFloodIsSeenWholeAndNeedsNoRoom() throws {
    let seen = WatchedOutput()
    seen.most = 100
    let ending = try script("head -c 50000000 /dev/zero").run(seen)
    #expect(ending.end == .exited(status: 0))
    #expect(seen.count == 50_000_000)
  }

  @Test func childrenThatItLeavesAreEndedAndHoldNothingUp() throws {
    let seen = WatchedOutput()
    let ending = try script("sleep 60 & sleep 60 & echo $!").run(seen)
    #expect(ending.end == .exited(status: 0))
    #expect(ending.leftProcesses == 2)
    let left = try #require(Int32(seen.text.split(separator: "\n").last ?? ""))
    #expect(kill(left, 0) == -1)
  }

  #if canImport(Glibc)
    @Test func aDaemonWithASessionOfItsOwnIsEndedToo() throws {
      let seen = WatchedOutput()
      let ending = try script(
        "setsid sh -c 'trap \"\" HUP TERM; echo $$; n=0; while [ $n -lt 60 ]; do sleep 1; "
          + "n=$((n+1)); done' & sleep 0.3"
      ).run(seen)
      #expect(ending.end == .exited(status: 0))
      #expect(ending.leftProcesses >= 1)
      let left = try #require(Int32(seen.text.split(separator: "\n").first ?? ""))
      #expect(kill(left, 0) == -1)
    }
  #endif

  @Test func whatItWritesAlsoGoesOnWhereItIsTold() throws {
    let folder = TemporaryDirectory()
    let file = folder.write([], to: "copy")
    let copy = unsafe open(file, O_WRONLY)
    try #require(copy >= 0)
    var child = script("head -c 100000 /dev/zero; echo end >&2")
    child.passes = (copy, copy)
    _ = try child.run(WatchedOutput())
    close(copy)
    #expect(folder.read("copy").count == 100_004)
  }

  @Test func aReaderThatHasGoneAwayStopsNothing() throws {
    let old = signal(SIGPIPE, SIG_IGN)
    defer { _ = signal(SIGPIPE, old) }
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    close(ends[0])
    var child = script("head -c 200000 /dev/zero; exit 3")
    child.passes = (ends[1], nil)
    let seen = WatchedOutput()
    #expect(try child.run(seen).end == .exited(status: 3))
    close(ends[1])
    #expect(seen.count == 200_000)
  }
}

/// Demands an end with a signal, and then at once.
private final class ImpatientOutput: ChildObserver {
  private var text = ""
  private var isAsked = false

  func started(_ process: Int32) {}
  func wrote(_ bytes: ArraySlice<UInt8>, asError: Bool) {
    text += String(decoding: bytes, as: UTF8.self)
  }
  func demand(_ process: Int32, after seconds: Double) -> ChildProcess.Demand? {
    guard text.contains("ready") else { return nil }
    defer { isAsked = true }
    return isAsked ? .impatience : .signal(SIGINT)
  }
}
