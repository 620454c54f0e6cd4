import Catalogue
import Configs
import RunRecords
import Testing

/// Plans whose runs are changed on the way.
@Suite struct PlannedChangesTests {
  private func runs(_ experiment: String) throws -> [SweepPlan.PlannedRun] {
    try SweepPlan(yaml: "preset: tiny\nexperiments:\n  - name: a\n\(experiment)", file: "f.yaml")
      .experiments[0].runs
  }

  private func spec(_ run: SweepPlan.PlannedRun) throws -> RunSpec {
    guard case .trainer(let spec) = run.config else { throw CancellationError() }
    return spec
  }

  @Test func thoseOfAnExperimentComeBeforeThoseOfACase() throws {
    let runs = try runs(
      """
          at: [{step: 5, set: {batch: 3}}]
          cases:
            - {at: [{step: 9, scale: {tensors: [head.bias], by: 2}}], batch: 7}
            - {optimizer.weight_decay: 2}
            - {at_memorization: [{set: {batch: 5}}, {scale: {tensors: all, by: 0.5}}]}
      """)
    #expect(try runs.map { try spec($0).interventions.map(\.step) } == [[5, 9], [5], [5]])
    #expect(
      runs.map(\.label) == [
        "batch=7 at 9: head.bias × 2", "weight_decay=2",
        "at memorization: batch=5 at memorization: θ × 0.5",
      ])
    #expect(runs.map(\.changesAtMemorization.count) == [0, 0, 2])
    guard case .trainer(let later) = try runs[2].config(memorizationStep: 80) else { return }
    #expect(later.interventions.map(\.step) == [5, 81, 81])
    guard case .trainer(let earlier) = try runs[2].config(memorizationStep: 1) else { return }
    #expect(earlier.interventions.map(\.step) == [2, 2, 5])
  }

  /// An exception selects runs by value, however the number is written, and also runs with changes.
  @Test func whereMeansRunsThatAreChanged() throws {
    let runs = try runs(
      """
          at: [{step: 5, set: {batch: 3}}]
          grid: {optimizer.weight_decay: [0.5, 1]}
          where: [{if: {optimizer.weight_decay: 5e-1}, order: 7}]
      """)
    #expect(runs.map(\.order) == [7, 0])
    #expect(try runs.map { try spec($0).interventions.count } == [1, 1])
  }

  /// Each element is drawn from its own stream, and none is drawn twice.
  @Test func perturbationsHavePlacesOfTheirOwn() throws {
    let runs = try runs("    seeds: 1..2\n    perturbations: {count: 900, at: 3, draw: 9}")
    #expect(runs.count == 1800)
    var places: [[String]] = [[], []]
    for run in runs {
      let spec = try spec(run)
      guard case .perturb(let tensor, let element, 1)? = spec.interventions.first?.action else {
        Issue.record("\(run.label) is changed otherwise")
        return
      }
      #expect(spec.interventions.map(\.step) == [3])
      places[Int(spec.seed) - 1].append("\(tensor) \(element)")
    }
    #expect(places[0] == places[1])
    #expect(Set(places[0]).count == 900)
    // Computed from SPEC.md 2.8 by a separate program.
    #expect(Array(places[0].prefix(4)) == Self.firstPlaces)
  }

  private static let firstPlaces = [
    "tf.layers.0.linear2.weight 7", "tf.layers.0.self_attn.in_proj_weight 220",
    "tf.layers.0.linear2.weight 45", "tf.layers.0.self_attn.in_proj_weight 374",
  ]

  @Test(
    arguments: [
      (
        "    at_memorization: [{step: 3, set: {batch: 3}}]", "at_memorization: has no step: it acts"
      ),
      ("    at_memorization: [3]", "at_memorization: has an item that is no mapping"),
      ("    at_memorization: []", "at_memorization: must be a list that is not empty"),
      ("    at: {step: 3}", "at: must be a list that is not empty"),
      ("    at: [{step: 3, sett: {batch: 3}}]", "at[0].sett.batch: is unknown; an item has one of"),
      (
        "    at: [{step: 3, set: {bath: 3}}]",
        "at[0].set.bath: unknown key; did you mean set.batch?"
      ),
      ("    cases: [{at: [{step: 900, set: {batch: 3}}]}]", "at[0].step: must be below max_steps"),
      ("    perturbations: {ulps: 3, at: 1}", "perturbations.count: is missing"),
      ("    perturbations: {count: 3}", "perturbations.at: must be a step, or memorization"),
      ("    perturbations: {count: 3, at: never}", "perturbations.at: must be an integer"),
      ("    perturbations: {count: 3, at: 1, ulps: 0}", "perturbations.ulps: must not be 0"),
      ("    perturbations: {count: 0, at: 1}", "perturbations.count: must be an integer from 1"),
      ("    perturbations: {count: 9000, at: 1}", "perturbations.count: is larger than the model"),
      ("    perturbations: {count: 3, at: 400}", "perturbations: at[0].step: must be below"),
      ("    set: {at: 3}", "at: is no item of a list"),
      (
        "    cases: [{at: [{step: 1, set: {batch: 3}}]}, {at: [{step: 1, set: {batch: 3}}]}]",
        "two of its runs"
      ),
    ])
  func whatCannotBeIsRefused(experiment: String, message: String) {
    let error = #expect(throws: RecordError.self) { try runs(experiment) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func foldersThatCountAreNamed() throws {
    let plan = try SweepPlan(yaml: "preset: tiny\nalso: [../a, b]\nexperiments: [{name: a}]")
    #expect(plan.also == ["../a", "b"])
    for also in ["3", "[]", "[[a]]", "[\(repeatElement("a", count: 17).joined(separator: ","))]"] {
      #expect(throws: RecordError.self) {
        try SweepPlan(yaml: "preset: tiny\nalso: \(also)\nexperiments: [{name: a}]")
      }
    }
  }
}
