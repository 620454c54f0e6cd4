import RunRecords
import TestSupport
import Testing

private let batch = "must be an integer from 1 to 65536"
private let seed =
  "must be a string of the decimal digits of an integer from 0 to 18446744073709551615"
private let tasks =
  "modular-addition, modular-multiplication, sparse-parity, modular-operation or permutations"

@Suite struct RunSpecJSONTests {
  /// Written by hand from SPEC.md's config keys, sorted as RFC 8785 asks.
  @Test func thePaperRunHasThisCanonicalText() {
    let text = """
      {"batch":512,"checkpoint_interval":1000,"log_interval":200,"max_steps":50000,\
      "model":{"embedding":"shared","embedding_scale":1,"feedforward":512,"heads":4,\
      "name":"transformer","width":128},"numerics":1,"optimizer":{"beta1":0.9,"beta2":0.999,\
      "epsilon":1e-8,"learning_rate":0.001,"name":"adamw","weight_decay":1},"seed":"42",\
      "stop":{"grokked":0.99,"memorized":0.99,"steps_after_grokking":2000},\
      "task":{"modulus":97,"name":"modular-addition","train_fraction":0.5}}
      """
    #expect(Preset.modularAddition.spec.canonicalJSON.text == text)
    // printf '%s' TEXT | sha256sum | head -c 16
    #expect(Preset.modularAddition.spec.runID == "b2f8d5970abb3acf")
  }

  @Test func everySpecReadsBackFromItsText() throws {
    var random = SplitMix64(state: 1)
    for _ in 0..<500 {
      let spec = RunSpec.random(using: &random)
      #expect(try RunSpec(json: CanonicalJSON(canonical: spec.canonicalJSON.utf8)) == spec)
    }
    for preset in Preset.allCases {
      #expect(try RunSpec(json: preset.spec.canonicalJSON) == preset.spec)
    }
  }

  @Test func everyChangedSpecHasAnotherID() {
    var ids: Set<String> = []
    var random = SplitMix64(state: 2)
    for _ in 0..<200 { ids.insert(RunSpec.random(using: &random).runID) }
    #expect(ids.count == 200)
  }

  /// Leaves out each key in turn, then adds one to each section.
  @Test(arguments: Preset.allCases)
  func missingAndAdditionalKeysAreRefused(preset: Preset) throws {
    let members = try #require(preset.spec.canonicalJSON.members)
    for (key, value) in members {
      var lacking = members
      lacking[key] = nil
      #expect(throws: RecordError.self) { try RunSpec(json: .object(lacking)) }
      guard case .object(let section) = value else { continue }
      for inner in section.keys {
        var lacking = section
        lacking[inner] = nil
        var changed = members
        changed[key] = .object(lacking)
        #expect(throws: RecordError.self) { try RunSpec(json: .object(changed)) }
      }
      var additional = section
      additional["else"] = 1
      var changed = members
      changed[key] = .object(additional)
      #expect(throws: RecordError.self) { try RunSpec(json: .object(changed)) }
    }
    var additional = members
    additional["else"] = ["empty": [:]]
    #expect(throws: RecordError.self) { try RunSpec(json: .object(additional)) }
    additional["else"] = [:]
    #expect(throws: RecordError.self) { try RunSpec(json: .object(additional)) }
  }

  @Test(
    arguments: [
      ("seed", 42, "seed: \(seed), not 42"),
      ("seed", "042", "seed: \(seed), not \"042\""),
      ("seed", "18446744073709551616", "seed: \(seed), not \"18446744073709551616\""),
      ("batch", "512", "batch: \(batch), not \"512\""),
      ("batch", 512.5, "batch: \(batch), not 512.5"),
      ("batch", true, "batch: \(batch), not true"),
      ("batch", [1], "batch: \(batch), not a list"),
      ("max_steps", 1e300, "max_steps: must be an integer from 1 to 2147483648, not 1e+300"),
      ("numerics", 2, "numerics: this program has version 1 of the arithmetic, not 2"),
      ("model", [:], "model.name: is missing; it is transformer, mlp or pair-mlp"),
      ("model", .null, "model: must be a section of keys, not null; the name is model.name"),
      ("task", [:], "task.name: is missing; it is \(tasks)"),
      ("task", "tiny", "task: must be a section of keys, not \"tiny\"; the name is task.name"),
    ] as [(String, CanonicalJSON, String)])
  func wrongTypesAreNamed(key: String, value: CanonicalJSON, message: String) throws {
    var members = try #require(Preset.tiny.spec.canonicalJSON.members)
    members[.init(key)] = value
    let error = #expect(throws: RecordError.self) { try RunSpec(json: .object(members)) }
    #expect(error?.description == message)
  }

  /// A later version of the format may have each of these.
  @Test(
    arguments: [
      ("else", 1, "else"), ("model", ["name": "mamba"], "model.name"),
      ("at", [["step": 1, "freeze": ["tensors": "all"]]], "at[0].freeze.tensors"),
      ("at", [["step": 1, "set": ["optimizer.momentum": 1]]], "at[0].set.optimizer.momentum"),
      ("task", ["name": "knots"], "task.name"),
      ("log", ["columns": ["entropy"]], "log.columns"), ("log", ["every": 3], "log.every"),
      ("loss", ["name": "hinge"], "loss.name"),
    ] as [(String, CanonicalJSON, String)])
  func whatIsUnknownIsNotCalledWrong(key: String, value: CanonicalJSON, named: String) throws {
    var members = try #require(Preset.tiny.spec.canonicalJSON.members)
    members[.init(key)] = value
    let error = #expect(throws: RecordError.self) { try RunSpec(json: .object(members)) }
    guard case .unknownConfig(named, _) = error else {
      Issue.record("it is \(error?.description ?? "taken")")
      return
    }
  }

  /// A key with the value that a record leaves out is not canonical; neither are names in another
  /// order.
  @Test(
    arguments: [
      ("loss", ["name": "cross-entropy"]), ("loss", ["temperature": 1]),
      ("log", ["columns": []]), ("log", ["columns": ["zero_loss", "squared_norms"]]),
      ("schedule", ["name": "constant"]), ("sampling", "with-replacement"),
    ] as [(String, CanonicalJSON)])
  func whatIsNotWrittenSoIsNotCanonical(key: String, value: CanonicalJSON) throws {
    var members = try #require(Preset.tiny.spec.canonicalJSON.members)
    members[.init(key)] = value
    let error = #expect(throws: RecordError.self) { try RunSpec(json: .object(members)) }
    guard case .config = error else {
      Issue.record("it is \(error?.description ?? "taken")")
      return
    }
  }

  @Test func aDottedKeyIsNoSection() throws {
    var members = try #require(Preset.tiny.spec.canonicalJSON.members)
    let stop = try #require(members["stop"]?.members)
    members["stop"] = nil
    for (key, value) in stop { members[.init("stop." + key.text)] = value }
    #expect(throws: RecordError.self) { try RunSpec(json: .object(members)) }
  }
}
