import Programs
import Testing

@Suite struct BoundedLogTests {
  @Test(arguments: [0, 1, 9, 10, 11, 19, 20])
  func whatFitsIsKeptWhole(count: Int) throws {
    let folder = TemporaryDirectory()
    let bytes = (0..<count).map { UInt8(65 + $0) }
    let log = try BoundedLog(path: folder.path + "/log", endBytes: 10)
    for byte in bytes { log.append([byte]) }
    log.finish()
    #expect(log.leftOut == 0)
    #expect(folder.read("log") == bytes)
  }

  @Test(arguments: [1, 3, 7, 16, 200])
  func ofMoreTheEndsAreKeptAndWhatIsLeftOutIsSaid(piece: Int) throws {
    let folder = TemporaryDirectory()
    let bytes = (0..<200).map { UInt8($0) }
    let log = try BoundedLog(path: folder.path + "/log", endBytes: 10)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      log.append(bytes[start..<min(start + piece, bytes.count)])
    }
    #expect(log.leftOut == 180)
    log.finish()
    #expect(
      folder.read("log") == bytes.prefix(10) + Array("\n[regrok: 180 bytes left out here]\n".utf8)
        + bytes.suffix(10))
    #expect(log.fault == nil)
  }

  @Test func theBeginningIsOnDiskWhileTheProgramRuns() throws {
    let folder = TemporaryDirectory()
    let log = try BoundedLog(path: folder.path + "/log", endBytes: 10)
    log.append(Array("hello".utf8)[...])
    #expect(folder.read("log") == Array("hello".utf8))
    log.finish()
  }
}
