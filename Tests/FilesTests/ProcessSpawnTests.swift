import Files
import Foundation
import TestSupport
import Testing

@Suite struct ProcessSpawnTests {
  @Test func itsStreamsAreFilesAndItsEndIsTold() throws {
    let folder = TemporaryDirectory()
    let input = folder.write(Array("hello".utf8), to: "in")
    var spawn = ProcessSpawn(["sh", "-c", "cat; echo $A >&2; pwd >&2; exit 4"])
    spawn.variables.append("A=b")
    spawn.directory = folder.path
    spawn.input = .file(input)
    spawn.output = .file(folder.path + "/out")
    spawn.errors = .file(folder.path + "/err")
    let process = try spawn.start()
    #expect(ProcessEnd.wait(for: process) == .exited(status: 4))
    #expect(folder.read("out") == Array("hello".utf8))
    let errors = String(decoding: folder.read("err"), as: UTF8.self).split(separator: "\n")
    #expect(errors.first == "b")
    #expect(errors.last.map(String.init) == FileTree.resolved(folder.path))
  }

  @Test func whatCannotBeStartedIsAnError() {
    #expect(
      throws: FileError.system(operation: "start", path: "no-such-program-here", code: 2)
    ) { try ProcessSpawn(["no-such-program-here"]).start() }
  }

  /// A program that is started has the defaults of the signals that this process ignores.
  @Test(arguments: [("PIPE", SIGPIPE), ("XFSZ", SIGXFSZ)])
  func whatIsIgnoredHereIsNotIgnoredThere(name: String, number: Int32) throws {
    let old = signal(number, SIG_IGN)
    defer { _ = signal(number, old) }
    let process = try ProcessSpawn(["sh", "-c", "ulimit -c 0; kill -\(name) $$; exit 3"]).start()
    #expect(ProcessEnd.wait(for: process) == .killed(signal: number))
  }

  @Test func anEndIsSeenWithoutBeingTaken() throws {
    let process = try ProcessSpawn(["sh", "-c", "kill -TERM $$"]).start()
    while !ProcessEnd.hasCome(for: process) { pause(seconds: 0.001) }
    #expect(ProcessEnd.hasCome(for: process))
    #expect(ProcessEnd.wait(for: process) == .killed(signal: 15))
  }
}
