import RunRecords
import Sweeps
import Testing

@Suite struct SweepTests {
  @Test func cellsAreDistinctAndShardsPartThem() throws {
    let sweep = Sweep(try SweepPlan(yaml: smallPlan))
    #expect(sweep.plan.runCounts.counted == 6)
    #expect(sweep.cells.count == 6)
    #expect(sweep.trajectories.count == 2)
    #expect(sweep.trajectories[0].spec?.logInterval == 10)
    #expect(sweep.trajectories[0].views.count == 4)
    for count in 1...4 {
      let keys = (1...count).flatMap { sweep.shard($0, of: count).map(\.key) }
      #expect(keys.sorted() == sweep.trajectories.map(\.key).sorted())
    }
  }
}
