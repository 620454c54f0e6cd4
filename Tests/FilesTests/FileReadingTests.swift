import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileReadingTests {
  @Test(arguments: [0, 1, 65_535, 65_536, 200_000])
  func aFileIsReadWhole(count: Int) throws {
    let folder = TemporaryDirectory()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = folder.write(bytes, to: "file")
    #expect(try FileReading.content(of: path, limit: count, from: .file) == bytes)
    if count > 0 {
      #expect(throws: FileError.tooLarge(path: path, limit: count - 1)) {
        try FileReading.content(of: path, limit: count - 1, from: .file)
      }
    }
  }

  /// 64 GiB without a block on the disk. Nothing of it is read, and no memory is allocated for it.
  @Test func aSparseFileIsRefusedAtOnce() throws {
    let folder = TemporaryDirectory()
    let path = folder.write([], to: "sparse")
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: 64 << 30)
    for source in [FileReading.Source.file, .linkedFile, .stream] {
      let error = #expect(throws: FileError.self) {
        try FileReading.content(of: path, limit: 65_536, from: source)
      }
      #expect(
        error?.description
          == "\(path): it has more than 65536 bytes, which is the limit")
    }
  }

  @Test func anEndlessDeviceIsReadToTheLimit() {
    #expect(throws: FileError.tooLarge(path: "/dev/zero", limit: 1_000_000)) {
      try FileReading.content(of: "/dev/zero", limit: 1_000_000, from: .stream)
    }
  }

  @Test func aPipeIsReadAsAStreamAlone() throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/pipe"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    for source in [FileReading.Source.file, .linkedFile] {
      #expect(throws: FileError.unfit(path: path, reason: "it is not a regular file")) {
        try FileReading.content(of: path, limit: 10, from: source)
      }
    }
    let writer = try SystemThread {
      FileHandle(forWritingAtPath: path)!.write(Data([1, 2, 3]))
    }
    #expect(try FileReading.content(of: path, limit: 3, from: .stream) == [1, 2, 3])
    withExtendedLifetime(writer) {}
  }

  @Test func linksAndDirectoriesAreNamed() throws {
    let folder = TemporaryDirectory()
    let path = folder.write([7], to: "file")
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(throws: FileError.unfit(path: link, reason: "it is a symbolic link")) {
      try FileReading.content(of: link, limit: 10, from: .file)
    }
    #expect(try FileReading.content(of: link, limit: 10, from: .linkedFile) == [7])
    #expect(throws: FileError.unfit(path: folder.path, reason: "it is a directory, not a file")) {
      try FileReading.content(of: folder.path, limit: 10, from: .linkedFile)
    }
    let error = #expect(throws: FileError.self) {
      try FileReading.content(of: path + "x", limit: 10, from: .file)
    }
    #expect(error?.isMissing == true)
  }
}
