import Configs
import RunRecords
import Sweeps
import Testing

@Suite struct SweepTests {
  @Test func cellsAreDistinctAndShardsPartThem() throws {
    let sweep = try Sweep(SweepPlan(yaml: smallPlan))
    #expect(sweep.plan.runCounts.counted == 6)
    #expect(sweep.cells.count == 6)
    #expect(sweep.tasks.trajectories.count == 2)
    #expect(sweep.tasks.trajectories[0].spec?.logInterval == 10)
    #expect(sweep.tasks.trajectories[0].views.count == 4)
    for count in 1...4 {
      let keys = (1...count).flatMap { sweep.shard($0, of: count).map(\.key) }
      #expect(keys.sorted() == sweep.tasks.trajectories.map(\.key).sorted())
    }
  }
}
