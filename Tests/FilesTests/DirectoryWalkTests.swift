import Files
import Foundation
import TestSupport
import Testing

@Suite struct DirectoryWalkTests {
  @Test func allIsSeenOnceSortedAndNoLinkIsFollowed() throws {
    let folder = TemporaryDirectory()
    for name in ["b/2", "b/1", "a", "c/d/e"] { folder.write([0, 0], to: name) }
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/c/loop", withDestinationPath: "..")
    let (entries, faults) = DirectoryWalk.entries(of: folder.path)
    #expect(
      entries.map(\.path) == ["a", "b", "b/1", "b/2", "c", "c/d", "c/d/e", "c/loop"])
    #expect(
      entries.map(\.kind) == [
        .file, .directory, .file, .file, .directory, .directory, .file, .link,
      ])
    #expect(entries[0].status.size == 2)
    #expect(faults.isEmpty)
  }

  @Test func whatIsNotEnteredIsStillNamed() {
    let folder = TemporaryDirectory()
    folder.write([], to: "a/b")
    #expect(DirectoryWalk.entries(of: folder.path) { _ in false }.entries.map(\.path) == ["a"])
  }

  @Test func whatIsNotThereIsEmpty() {
    let (entries, faults) = DirectoryWalk.entries(of: "/no/such/directory")
    #expect(entries.isEmpty && faults.isEmpty)
  }

  @Test func aFileThatWasWrittenHasAnotherStatus() throws {
    let folder = TemporaryDirectory()
    let file = folder.write([1], to: "a")
    let before = try FileStatus(of: file)
    #expect(try FileStatus(of: file) == before)
    folder.write([1, 2], to: "a")
    #expect(try FileStatus(of: file) != before)
  }
}
