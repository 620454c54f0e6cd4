import Catalogue
import RunRecords
import TestSupport
import Testing

/// The items of `at` in a config.
@Suite struct InterventionTests {
  /// The tiny preset with this text as `at`.
  private func spec(_ at: String) throws -> RunSpec {
    var members = try #require(Preset.tiny.spec.canonicalJSON.members)
    members["at"] = try CanonicalJSON(canonical: Array(at.utf8))
    return try RunSpec(json: .object(members))
  }

  @Test func everyVerbIsReadAndWritten() throws {
    let text = """
      [{"perturb":{"element":111,"tensor":"head.weight","ulps":-1},"step":0},\
      {"scale":{"by":0.5,"tensors":["tok.weight","head.bias"]},"step":0},\
      {"set":{"batch":24,"optimizer.epsilon":1e-7},"step":0},\
      {"hold":{"squared_norm":300.5},"step":7,"until":9},\
      {"scale":{"by":2,"tensors":"all"},"step":7},\
      {"hold":{"squared_norm":2},"step":9,"until":2147483648}]
      """
    let spec = try spec(text)
    #expect(
      spec.interventions == [
        .init(step: 0, action: .perturb(tensor: "head.weight", element: 111, ulps: -1)),
        .init(step: 0, action: .scale(.some(["tok.weight", "head.bias"]), by: 0.5)),
        .init(
          step: 0,
          action: .set([
            .init(key: "batch", value: .number(24)),
            .init(key: "optimizer.epsilon", value: .number(1e-7)),
          ])),
        .init(step: 7, action: .hold(squaredNorm: 300.5, until: 9)),
        .init(step: 7, action: .scale(.all, by: 2)),
        .init(step: 9, action: .hold(squaredNorm: 2, until: 1 << 31)),
      ])
    #expect(spec.canonicalJSON["at"]?.text == text)
  }

  @Test func aSpecWithoutThemIsWhatItWas() throws {
    var spec = try spec("[{\"scale\":{\"by\":2,\"tensors\":\"all\"},\"step\":7}]")
    #expect(spec.runID != Preset.tiny.spec.runID)
    #expect(spec.trajectoryKey != Preset.tiny.spec.trajectoryKey)
    spec.interventions = []
    #expect(spec.canonicalJSON == Preset.tiny.spec.canonicalJSON)
  }

  @Test func theSettingsOfAStepAreThoseSetUpToIt() throws {
    let spec = try spec(
      """
      [{"set":{"batch":24},"step":3},{"set":{"batch":5,"optimizer.beta1":0.5},"step":9}]
      """
    )
    #expect([0, 2, 3, 8, 9, 99].map { spec.settings(at: $0).batch } == [16, 16, 24, 24, 5, 5])
    guard case .adamW(let adamW) = spec.settings(at: 9).optimizer else {
      Issue.record("another optimizer")
      return
    }
    #expect(adamW.beta1 == 0.5)
  }

  /// Each meaning has exactly one text. Other spellings and impossible values are refused.
  @Test(
    arguments: [
      ("[]", "the config is not in its canonical form"),
      ("{\"step\":1}", "at.step: is no item of a list of steps, each with what is done there"),
      ("[7]", "at: has an item that is no object"),
      ("[{\"step\":1}]", "at[0].step: goes with exactly one of set, scale, hold or perturb"),
      ("[{\"set\":{},\"step\":1}]", "at[0].set: has to set a key"),
      (
        """
        [{"perturb":{"element":1,"tensor":"head.weight","ulps":1},"set":{"batch":1},"step":1}]
        """,
        "at[0].step: goes with exactly one of set, scale, hold or perturb"
      ),
      (
        "[{\"set\":{\"batch\":1},\"step\":400}]",
        "at[0].step: must be below max_steps, 400, not 400"
      ),
      (
        "[{\"set\":{\"batch\":1},\"step\":4},{\"set\":{\"batch\":1},\"step\":3}]",
        "at[1].step: must not be below that of the item before, 4"
      ),
      (
        "[{\"set\":{\"batch\":1},\"step\":4},{\"set\":{\"optimizer.beta1\":0},\"step\":4}]",
        "at[1].step: has such an item already; one step has one of each verb"
      ),
      (
        "[{\"set\":{\"batch\":\"1\"},\"step\":4}]",
        "at[0].set.batch: must be an integer from 1 to 65536, not \"1\""
      ),
      (
        "[{\"set\":{\"optimizer.beta1\":1},\"step\":4}]",
        "at[0].set.optimizer.beta1: must be a number from 0 and below 1, not 1"
      ),
      (
        "[{\"scale\":{\"by\":2,\"tensors\":[\"head.bias\",\"tok.weight\"]},\"step\":4}]",
        "the config is not in its canonical form"
      ),
      (
        "[{\"scale\":{\"by\":2,\"tensors\":[\"tok.weight\",\"tok.weight\"]},\"step\":4}]",
        "at[0].scale.tensors: has tok.weight twice"
      ),
      (
        "[{\"scale\":{\"by\":2,\"tensors\":[]},\"step\":4}]",
        "at[0].scale.tensors: must be all, or a list of tensors"
      ),
      (
        "[{\"scale\":{\"by\":2,\"tensors\":\"head.weight\"},\"step\":4}]",
        "at[0].scale.tensors: must be all, or a list of tensors"
      ),
      (
        "[{\"scale\":{\"by\":2,\"tensors\":[\"all\"]},\"step\":4}]",
        "at[0].scale.tensors: the model has no tensor \"all\""
      ),
      (
        "[{\"scale\":{\"by\":2,\"tensors\":[1]},\"step\":4}]",
        "at[0].scale.tensors: has an item that is no name, but 1"
      ),
      (
        "[{\"scale\":{\"by\":1000001,\"tensors\":\"all\"},\"step\":4}]",
        "at[0].scale.by: must be a number from 0 to 1000000, not 1000001"
      ),
      (
        "[{\"hold\":{\"squared_norm\":1},\"step\":4,\"until\":4}]",
        "at[0].until: must be an integer from 5 to 2147483648, not 4"
      ),
      (
        "[{\"hold\":{\"squared_norm\":1},\"step\":4,\"until\":9},"
          + "{\"hold\":{\"squared_norm\":1},\"step\":8,\"until\":9}]",
        "at[1].step: is one at which ‖θ‖² is held already, until 9"
      ),
      (
        "[{\"perturb\":{\"element\":112,\"tensor\":\"head.weight\",\"ulps\":1},\"step\":4}]",
        "at[0].perturb.element: must be an integer from 0 to 111, not 112"
      ),
      (
        "[{\"perturb\":{\"element\":1,\"tensor\":\"head.weight\",\"ulps\":0},\"step\":4}]",
        "at[0].perturb.ulps: must not be 0"
      ),
      (
        "[{\"perturb\":{\"element\":1,\"tensor\":7,\"ulps\":1},\"step\":4}]",
        "at[0].perturb.tensor: must be a name"
      ),
    ])
  func whatCannotBeIsRefused(at: String, message: String) throws {
    let error = #expect(throws: RecordError.self) { try spec(at) }
    #expect(error?.description == message)
  }

  /// The tiny preset logs every 20 of 400 steps, so 380 is its last step.
  @Test func aChangeAfterTheLastStepIsReadAndWarnedOf() throws {
    let text = """
      [{"set":{"batch":24},"step":380},{"set":{"batch":8},"step":381},\
      {"scale":{"by":2,"tensors":"all"},"step":399}]
      """
    let warnings = [(1, 381), (2, 399)].map { index, step in
      "at[\(index)].step is \(step), and the run ends with step 380, the last one logged below "
        + "max_steps: this change never acts"
    }
    #expect(try spec(text).changesWithoutEffect == warnings)
    #expect(Preset.tiny.spec.changesWithoutEffect.isEmpty)
  }

  /// A batch must fit beside the model, also a batch that is set later.
  @Test func theLastSettingsHaveToGoTogether() throws {
    var spec = Preset.modularAddition.spec
    spec.model = .transformer(
      .init(embedding: .shared, width: 1024, heads: 4, feedforward: 4096, embeddingScale: 1))
    spec.interventions = [
      .init(step: 5, action: .set([.init(key: "batch", value: .number(65_536))]))
    ]
    let error = #expect(throws: RecordError.self) { try RunSpec(json: spec.canonicalJSON) }
    #expect(
      error?.description
        == "at[0].set.batch: must be at most 16384 for this model, not 65536")
  }

  /// The number of training examples is the same at each step.
  @Test func aFullBatchStaysOne() throws {
    var spec = Preset.tiny.spec
    spec.sampling = .full
    spec.batch = spec.task.trainCount
    spec.interventions = [
      .init(step: 5, action: .set([.init(key: "optimizer.beta1", value: .number(0.5))]))
    ]
    #expect(try RunSpec(json: spec.canonicalJSON) == spec)
    spec.interventions = [.init(step: 5, action: .set([.init(key: "batch", value: .number(3))]))]
    let error = #expect(throws: RecordError.self) { try RunSpec(json: spec.canonicalJSON) }
    #expect(
      error?.description
        == "at[0].set.batch: must be the number of training examples, \(spec.batch), where "
        + "sampling is full, not 3")
  }

  @Test func thereAreAtMostAThousand() throws {
    var spec = Preset.modularAddition.spec
    spec.interventions = (0..<1000).map {
      .init(step: $0, action: .set([.init(key: "batch", value: .number(1))]))
    }
    #expect(try RunSpec(json: spec.canonicalJSON) == spec)
    spec.interventions.append(
      .init(step: 1000, action: .set([.init(key: "batch", value: .number(1))])))
    #expect(throws: RecordError.self) { try RunSpec(json: spec.canonicalJSON) }
  }
}
