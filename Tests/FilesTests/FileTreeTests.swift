import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileTreeTests {
  @Test func aTreeIsRemovedWhateverItHasAndLinksAreNotFollowed() throws {
    let folder = TemporaryDirectory()
    folder.write([1], to: "precious/file")
    folder.write([1], to: "tree/a/b/c")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/tree/a/link", withDestinationPath: folder.path + "/precious")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o000], ofItemAtPath: folder.path + "/tree/a/b")
    try FileTree.remove(folder.path + "/tree")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/tree"))
    #expect(folder.read("precious/file") == [1])
    try FileTree.remove(folder.path + "/tree")
    try FileTree.remove(folder.path + "/no/such/folder")
  }

  @Test func aCopyHasTheContentAndItsOwnPlace() throws {
    let folder = TemporaryDirectory()
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let source = folder.write(bytes, to: "a")
    var seen: [UInt8] = []
    let copy = try FileTree.copy(source, to: folder.path + "/b", isExecutable: true) { seen += $0 }
    #expect(folder.read("b") == bytes)
    switch copy {
    case .copied: #expect(seen == bytes)
    case .cloned: #expect(seen.isEmpty)
    }
    #expect(try FileStatus(ofLink: folder.path + "/b").isExecutable)
    // A copy never replaces anything.
    let error = try #require(throws: FileError.self) {
      try FileTree.copy(source, to: folder.path + "/b", isExecutable: false) { _ in }
    }
    #expect(error.detail == "cannot create: File exists")
  }

  @Test(arguments: [(0, Int.max), (3, Int.max), (0, 5), (2, 4), (100, 1)])
  func aPartOfAFileIsRead(start: Int, most: Int) throws {
    let folder = TemporaryDirectory()
    let bytes = Array("0123456789".utf8)
    let file = folder.write(bytes, to: "a")
    var read: [UInt8] = []
    try FileTree.read(file, from: start, most: most) { read += $0 }
    #expect(read == Array(bytes.dropFirst(start).prefix(most)))
  }
}
