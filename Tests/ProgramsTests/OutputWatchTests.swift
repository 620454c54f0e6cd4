import Testing

@testable import Programs

@Suite struct OutputWatchTests {
  @Test func whatWasThereBeforeDoesNotCountAndNothingCountsTwice() {
    let folder = TemporaryDirectory()
    folder.write("was here before", to: "base/input")
    folder.write("", to: "base/out/.keep")
    var limits = ProgramLimits()
    limits.bytes = 10
    limits.files = 2
    // As when the output directory lies in the one that the program shares with others.
    let watch = OutputWatch([folder.path + "/base/out", folder.path + "/base"], limits: limits)
    #expect(watch.excess() == nil)
    folder.write("123456", to: "base/out/a")
    #expect(watch.excess() == nil)
    folder.write("1234", to: "base/b")
    #expect(watch.excess() == nil)
    folder.write("", to: "base/c")
    #expect(watch.excess() == "it wrote more than 2 files")
    folder.write("1", to: "base/c")
    #expect(watch.excess() == "it wrote more than 10 bytes")
  }

  @Test func foldersWithTheSameBeginningAreTwo() {
    let folder = TemporaryDirectory()
    folder.write("", to: "out/.keep")
    folder.write("", to: "out-2/.keep")
    var limits = ProgramLimits()
    limits.bytes = 1
    let watch = OutputWatch([folder.path + "/out", folder.path + "/out-2"], limits: limits)
    folder.write("1", to: "out/a")
    #expect(watch.excess() == nil)
    folder.write("1", to: "out-2/a")
    #expect(watch.excess() == "it wrote more than 1 bytes")
  }
}
