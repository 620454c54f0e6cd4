import Files
import Foundation
import TestSupport
import Testing

@Suite struct DurableFileTests {
  private func write(_ bytes: [UInt8], to path: String) throws -> Bool {
    let file = try DurableFile(path: path)
    try file.write(bytes[...])
    try file.finish()
    return try file.appear()
  }

  private func names(_ folder: TemporaryDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func aFileAppearsWholeAndNothingElseStays() throws {
    let folder = TemporaryDirectory()
    #expect(try write([1, 2], to: folder.path + "/a"))
    #expect(try !write([3], to: folder.path + "/a"))
    #expect(folder.read("a") == [1, 2])
    #expect(try names(folder) == ["a"])
  }

  @Test func anOldFileIsReplacedAsAWhole() throws {
    let folder = TemporaryDirectory()
    folder.write([9, 9], to: "a")
    let file = try DurableFile(path: folder.path + "/a")
    try file.write([1])
    try file.finish()
    #expect(folder.read("a") == [9, 9])
    try file.replace()
    #expect(folder.read("a") == [1])
    #expect(try names(folder) == ["a"])
  }

  /// At most 239 bytes fit between the dot and the ending. Longer names may share a temporary name.
  @Test(arguments: [238, 239, 240, 247, 251, 255])
  func anyNameThatFitsIsWritten(length: Int) throws {
    let folder = TemporaryDirectory()
    for name in [
      String(repeating: "x", count: length),
      String(repeating: "é", count: length / 2), String(repeating: "x", count: length - 1) + "y",
    ] {
      let partial = PathParts.partialName(of: name)
      #expect(partial.utf8.count <= 255 && Disk.isPartial(partial))
      #expect(try write(Array(name.utf8), to: folder.path + "/" + name))
      #expect(folder.read(name) == Array(name.utf8))
    }
    #expect(try names(folder).count == 3)
    let names = [String(repeating: "x", count: 300), String(repeating: "x", count: 299) + "y"]
    #expect(PathParts.partialName(of: names[0]) != PathParts.partialName(of: names[1]))
  }

  @Test func aNameThatIsTooLongIsToldAndLeavesNothing() throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/" + String(repeating: "x", count: 256)
    #expect(throws: FileError.self) { try write([1], to: path) }
    #expect(try names(folder).isEmpty)
  }

  @Test func aLeftoverIsTakenOver() throws {
    let folder = TemporaryDirectory()
    folder.write([9, 9, 9], to: ".a.partial")
    #expect(try write([1], to: folder.path + "/a"))
    #expect(folder.read("a") == [1])
    folder.write([9], to: ".d.partial/some/where")
    let directory = try NewDirectory(path: folder.path + "/d")
    try directory.write([2], to: "x/y")
    try directory.appear()
    #expect(folder.read("d/x/y") == [2])
    #expect(try names(folder) == ["a", "d"])
  }

  @Test func aNameThatIsBeingMadeIsWaitedFor() throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/a"
    var first: DurableFile? = try DurableFile(path: path)
    let isSecondDone = Monitor(false)
    let second = try SystemThread {
      #expect(throws: Never.self) { try write([2], to: path) }
      isSecondDone.change { $0 = true }
    }
    #expect(isSecondDone.wait(seconds: 1.2) { $0 ? true : nil } == nil)
    // The first file's content so far is not touched.
    try first?.write([1])
    #expect(try names(folder) == [".a.partial"])
    first = nil
    withExtendedLifetime(second) {}
    _ = isSecondDone.wait { $0 ? true : nil }
    #expect(folder.read("a") == [2])
    #expect(try names(folder) == ["a"])
  }

  /// Something that regrok cannot have left is reported, and it stays.
  @Test(arguments: ["directory", "link", "pipe"])
  func aNameOfSomethingElseIsToldAndStays(kind: String) throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/.a.partial"
    switch kind {
    case "directory": folder.write([1], to: ".a.partial/file")
    case "link":
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: folder.path + "/nowhere")
    default: #expect(unsafe mkfifo(path, 0o600) == 0)
    }
    let error = #expect(throws: FileError.self) { try write([1], to: folder.path + "/a") }
    #expect(error?.path == path)
    #expect(error?.detail.contains("remove or rename it") == true)
    #expect(try names(folder) == [".a.partial"])
  }

  @Test func aDirectoryNeverTakesANameThatIsTaken() throws {
    let folder = TemporaryDirectory()
    let directory = try NewDirectory(path: folder.path + "/d")
    try directory.write([1], to: "file")
    // A plain rename would replace an empty directory.
    try FileManager.default.createDirectory(
      atPath: folder.path + "/d", withIntermediateDirectories: false)
    #expect(throws: FileError.self) { try directory.appear() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/d").isEmpty)
    #expect(throws: FileError.self) { try NewDirectory(path: folder.path + "/d") }
  }

  @Test func leftOutOfScopeItLeavesNothing() throws {
    let folder = TemporaryDirectory()
    do {
      let file = try DurableFile(path: folder.path + "/a")
      try file.write([1])
      let directory = try NewDirectory(path: folder.path + "/d")
      try directory.write([1], to: "b/c")
      #expect(try names(folder) == [".a.partial", ".d.partial"])
    }
    #expect(try names(folder).isEmpty)
  }

  @Test func anUnreadableDirectoryIsNoEmptyOne() throws {
    let folder = TemporaryDirectory()
    let path = folder.write([1], to: "file")
    #expect(throws: FileError.self) { try Disk().list(path) }
    #expect(try Disk().list(folder.path + "/none") == nil)
  }
}
