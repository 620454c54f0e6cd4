import Reports
import Testing

@Suite struct FiguresTests {
  @Test func ulps() {
    #expect(Figures.ulps(1) == "1 ULP")
    #expect(Figures.ulps(999_999) == "999999 ULPs")
    #expect(Figures.ulps(1_234_567_890) == "1.2e9 ULPs")
    #expect(Figures.ulps(.max) == "1.8e19 ULPs")
  }

  @Test func durations() {
    #expect(Figures.duration(seconds: 0.4215) == "0.42 s")
    #expect(Figures.duration(seconds: 59.94) == "59.9 s")
    #expect(Figures.duration(seconds: 59.96) == "1 min 0 s")
    #expect(Figures.duration(seconds: 3599.4) == "59 min 59 s")
    #expect(Figures.duration(seconds: 8040) == "2 h 14 min")
    #expect(Figures.time(left: 0.2) == "1 s")
    #expect(Figures.time(left: 59.2) == "1 min 0 s")
  }

  @Test func sizes() {
    #expect(Figures.size(bytes: 999) == "999 bytes")
    #expect(Figures.size(bytes: 48_123) == "48.1 kB")
    #expect(Figures.size(bytes: 999_600) == "1 MB")
    #expect(Figures.size(bytes: 1_730_000_000) == "1.73 GB")
  }
}
