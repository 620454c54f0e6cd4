import Foundation
import Programs
import RunRecords
import Testing

@Suite struct MetricsFollowerTests {
  private static func append(_ text: String, _ folder: TemporaryDirectory, _ name: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: folder.path + "/" + name))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  private static func follower(_ folder: TemporaryDirectory) -> MetricsFollower {
    MetricsFollower(
      ProgramSpec.Metrics(file: "metrics.csv", step: "step"),
      in: [folder.path + "/out", folder.path + "/work"])
  }

  @Test func rowsAreReadAsTheyCome() throws {
    let folder = TemporaryDirectory()
    let follower = Self.follower(folder)
    #expect(!follower.look())
    folder.write("step,a\n0,1\n1", to: "work/metrics.csv")
    #expect(follower.look())
    #expect(follower.reader.lastStep == 0)
    #expect(!follower.look())
    try Self.append(",2\n2,3\n", folder, "work/metrics.csv")
    #expect(follower.look())
    #expect(try follower.reader.table(settledOnly: true).steps == [0, 1])
  }

  @Test func aFileThatIsWrittenAnewIsReadAgain() throws {
    let folder = TemporaryDirectory()
    let follower = Self.follower(folder)
    folder.write("step,a\n0,1\n1,2\n", to: "work/metrics.csv")
    #expect(follower.look())
    // Lightning does this when a new column appears.
    folder.write("step,a,b\n0,1,\n1,2,\n2,3,4\n", to: "work/metrics.csv")
    #expect(follower.look())
    #expect(try follower.reader.table().columns.map(\.name) == ["a", "b"])
    #expect(follower.reader.lastStep == 2)
  }

  @Test func whatWasThereBeforeIsNotTheProgramsAndOutGoesFirst() throws {
    let folder = TemporaryDirectory()
    folder.write("step,a\n7,1\n", to: "work/metrics.csv")
    let follower = Self.follower(folder)
    #expect(!follower.look())
    folder.write("step,a\n3,1\n", to: "out/metrics.csv")
    #expect(follower.look())
    #expect(follower.reader.lastStep == 3)
  }

  @Test func linesOfJSONNeedNotBeDeclared() throws {
    let folder = TemporaryDirectory()
    let follower = Self.follower(folder)
    folder.write("{\"step\": 4}\n", to: "out/metrics.jsonl")
    #expect(follower.look())
    #expect(follower.reader.lastStep == 4)
  }

  @Test func aFaultEndsTheReading() throws {
    let folder = TemporaryDirectory()
    let follower = Self.follower(folder)
    folder.write("step,a\n5,1\n4,1\n", to: "out/metrics.csv")
    #expect(follower.look())
    #expect(follower.fault == MetricsFault(line: 3, reason: "its step is 4, after 5"))
    #expect(!follower.look())
  }
}
