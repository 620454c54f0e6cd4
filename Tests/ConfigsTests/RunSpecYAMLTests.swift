import Catalogue
import Configs
import RunRecords
import TestSupport
import Testing

private let batch = "must be an integer from 1 to 65536"
private let seed = "must be an integer from 0 to 18446744073709551615"
private let threshold = "must be a number above 0 and at most 1"
private let vanishing =
  "must be a number of binary64, of which the smallest above 0 is 5e-324, not "
private let tasks =
  "modular-addition, modular-multiplication, sparse-parity, modular-operation or permutations"

private let columns =
  "some of squared_norms, batch_gradient, full_gradient, softmax_collapse or zero_loss"

@Suite struct RunSpecYAMLTests {
  @Test func everySpecReadsBackFromYAML() throws {
    var random = SplitMix64(state: 3)
    for index in 0..<300 {
      let spec = RunSpec.random(using: &random)
      #expect(try RunSpec(yaml: spec.yaml(flow: index % 2 == 0), file: "c.yaml") == spec)
    }
  }

  @Test func theTaskNameAloneGivesItsPreset() throws {
    for preset in Preset.allCases where preset != .tiny {
      let spec = try RunSpec(yaml: "task:\n  name: \(preset.rawValue)\n", file: "c.yaml")
      #expect(spec == preset.spec)
    }
  }

  @Test func overridesWinAndTheLastOneMost() throws {
    var spec = Preset.tiny.spec
    spec.seed = .max
    spec.batch = 7
    #expect(
      try RunSpec(
        yaml: "seed: 1\nbatch: 9", file: "c.yaml", preset: .tiny,
        overrides: ["batch=8", "seed=18446744073709551615", "batch=7"]) == spec)
  }

  @Test func theRecordOfARunIsYAMLToo() throws {
    var random = SplitMix64(state: 4)
    for _ in 0..<100 {
      let spec = RunSpec.random(using: &random)
      #expect(try RunSpec(yaml: spec.canonicalJSON.text, file: "config.json") == spec)
    }
  }

  @Test func anotherTaskTakesItsOwnDefaults() throws {
    let spec = try RunSpec(
      yaml: nil, preset: .tiny, overrides: ["task.name=modular-multiplication"])
    #expect(spec.task == Preset.modularMultiplication.spec.task)
    #expect(spec.model == Preset.modularMultiplication.spec.model)
    #expect(spec.batch == Preset.tiny.spec.batch)
  }

  @Test func relevantBitsAreAtMostTheBitsWhereNoneAreGiven() throws {
    for (bits, relevant) in [(1, 1), (2, 2), (3, 3), (256, 3)] {
      let spec = try RunSpec(
        yaml: nil, overrides: ["task.name=sparse-parity", "task.bits=\(bits)"])
      let expected = TaskSpec.SparseParityTask(
        bits: bits, relevantBits: relevant, trainSamples: 25_000, validationSamples: 25_000)
      #expect(spec.task == .sparseParity(expected))
    }
  }

  @Test(arguments: ["", "# only a comment\n", "---\n", "{}", "stop: {}"])
  func aPresetNeedsNoKeys(text: String) throws {
    #expect(try RunSpec(yaml: text, file: "c.yaml", preset: .tiny) == Preset.tiny.spec)
  }

  /// Each text is read over `--preset tiny`; the message is compared word for word.
  @Test(arguments: [
    // Unknown keys.
    ("sed: 1", "c.yaml:1: sed: unknown key; did you mean seed?"),
    (
      "\n\noptimizer:\n  learning_rat: 1",
      "c.yaml:4: optimizer.learning_rat: unknown key; did you mean optimizer.learning_rate?"
    ),
    (
      "learning_rate: 1",
      "c.yaml:1: learning_rate: unknown key; did you mean optimizer.learning_rate?"
    ),
    ("steps: 1", "c.yaml:1: steps: unknown key; did you mean max_steps?"),
    (
      "optimizer: {decay_convention: lambda}",
      "c.yaml:1: optimizer.decay_convention: unknown key; `regrok help configs` lists the keys"
    ),
    ("? [a]\n: 1", "c.yaml:1: a key must be a name"),
    // Types.
    ("batch: 1e3", "c.yaml:1: batch: \(batch), not 1e3"),
    ("batch: 1_000", "c.yaml:1: batch: \(batch), not 1_000"),
    ("batch: 0x10", "c.yaml:1: batch: \(batch), not 0x10"),
    ("batch: 010", "c.yaml:1: batch: \(batch), not 010"),
    ("batch: +5", "c.yaml:1: batch: \(batch), not +5"),
    ("batch: 5.0", "c.yaml:1: batch: \(batch), not 5.0"),
    ("batch: \"16\"", "c.yaml:1: batch: \(batch), not \"16\""),
    ("batch: yes", "c.yaml:1: batch: \(batch), not yes"),
    ("batch:", "c.yaml:1: batch: \(batch), not nothing"),
    ("batch: [1]", "c.yaml:1: batch: \(batch), not a list"),
    ("batch: {a: 1}", "c.yaml:1: batch.a: unknown key; `regrok help configs` lists the keys"),
    ("stop:", "c.yaml:1: stop: must be a section of keys, not nothing"),
    ("stop: 3", "c.yaml:1: stop: must be a section of keys, not 3"),
    ("stop: {grokked: {a: 1}}", "c.yaml:1: stop.grokked: \(threshold), not a section"),
    ("stop: {grokked: .inf}", "c.yaml:1: stop.grokked: \(threshold), not .inf"),
    ("stop: {grokked: 1.}", "c.yaml:1: stop.grokked: \(threshold), not 1."),
    ("stop: {grokked: 0.}", "c.yaml:1: stop.grokked: \(threshold), not 0."),
    ("stop: {grokked: .5}", "c.yaml:1: stop.grokked: \(threshold), not .5"),
    (
      "model: {embedding: perOperand}",
      "c.yaml:1: model.embedding: must be shared or per-operand, not perOperand; did you mean "
        + "per-operand?"
    ),
    ("model: {embedding: 3}", "c.yaml:1: model.embedding: must be shared or per-operand, not 3"),
    // Bounds.
    ("seed: -1", "c.yaml:1: seed: \(seed), not -1"),
    ("seed: 18446744073709551616", "c.yaml:1: seed: \(seed), not 18446744073709551616"),
    ("batch: 0", "c.yaml:1: batch: \(batch), not 0"),
    ("batch: 65537", "c.yaml:1: batch: \(batch), not 65537"),
    ("batch: 99999999999999999999", "c.yaml:1: batch: \(batch), not 99999999999999999999"),
    ("task: {modulus: 1}", "c.yaml:1: task.modulus: must be an integer from 2 to 1021, not 1"),
    (
      "task: {modulus: 1022}",
      "c.yaml:1: task.modulus: must be an integer from 2 to 1021, not 1022"
    ),
    (
      "task: {train_fraction: 1}",
      "c.yaml:1: task.train_fraction: must be a number above 0 and below 1, not 1"
    ),
    (
      "task: {train_fraction: 0.02}",
      "c.yaml:1: task.train_fraction: must leave a pair to train on and a pair to validate "
        + "on, and ⌊0.02 · 49⌋ = 0 of 49 does not"
    ),
    ("model: {width: 24}", "c.yaml:1: model.width: must be a multiple of 16, not 24"),
    ("model: {feedforward: 33}", "c.yaml:1: model.feedforward: must be a multiple of 16, not 33"),
    (
      "model: {width: 48, heads: 5}",
      "c.yaml:1: model.heads: must divide model.width, and 5 does not divide 48"
    ),
    (
      "model: {name: mlp}",
      "c.yaml:1: model.name: must be transformer or pair-mlp for the task modular-addition, not mlp"
    ),
    (
      "optimizer: {learning_rate: -0.1}",
      "c.yaml:1: optimizer.learning_rate: must be a number, 0 or above, not -0.1"
    ),
    (
      "optimizer: {learning_rate: 1e999}",
      "c.yaml:1: optimizer.learning_rate: must be a number of binary64, of which the largest is "
        + "1.7976931348623157e308, not 1e999"
    ),
    (
      "optimizer: {beta1: 1}",
      "c.yaml:1: optimizer.beta1: must be a number from 0 and below 1, not 1"
    ),
    (
      "optimizer: {name: sgd}",
      "c.yaml: optimizer.decay_convention: is missing; it is lambda or two-lambda"
    ),
    (
      "max_steps: 2147483649",
      "c.yaml:1: max_steps: must be an integer from 1 to 2147483648, not 2147483649"
    ),
    (
      "log_interval: 30\n",
      "c.yaml: checkpoint_interval: must be 0 or a multiple of log_interval, and 100 is not "
        + "one of 30"
    ),
    (
      "checkpoint_interval: 30",
      "c.yaml:1: checkpoint_interval: must be 0 or a multiple of log_interval, and 30 is not "
        + "one of 20"
    ),
    (
      "model: {width: 4096, heads: 1, feedforward: 8192}",
      "c.yaml:1: model.width: makes a model of 134336519 parameters, and 67108864 are the most"
    ),
    (
      "batch: 65536\nmodel: {width: 16, heads: 1, feedforward: 2048}",
      "c.yaml:1: batch: must be at most 32768 for this model, not 65536"
    ),
    (
      "task: {name: sparse-parity, bits: 256, train_samples: 1000000}\nmodel: {name: mlp}",
      "c.yaml:1: task.train_samples: must be at most 499288 with these bits and "
        + "validation_samples, not 1000000"
    ),
    (
      "task: {name: sparse-parity, bits: 2, relevant_bits: 3}",
      "c.yaml:1: task.relevant_bits: must be an integer from 1 to 2, not 3"
    ),
    ("numerics: 2", "numerics: this program has version 1 of the arithmetic, not 2"),
    // YAML.
    ("seed: 1\nbatch: 2\nseed: 3", "c.yaml:3: seed: this key is given twice"),
    ("stop:\n  grokked: 1\n  grokked: 1", "c.yaml:3: grokked: this key is given twice"),
    ("a: &x 1\nseed: *x", "c.yaml:1: a: anchors and aliases are not allowed"),
    ("seed: *x", "c.yaml:1: seed: anchors and aliases are not allowed"),
    ("seed: !!int 4", "c.yaml:1: seed: tags are not allowed, and it has tag:yaml.org,2002:int"),
    ("stop: !!map {}", "c.yaml:1: stop: tags are not allowed, and it has tag:yaml.org,2002:map"),
    ("seed: !x 4", "c.yaml:1: seed: tags are not allowed, and it has !x"),
    (
      "batch: !!str 16",
      "c.yaml:1: batch: tags are not allowed, and it has tag:yaml.org,2002:str"
    ),
    (
      "batch: !<tag:yaml.org,2002:str> 16",
      "c.yaml:1: batch: tags are not allowed, and it has tag:yaml.org,2002:str"
    ),
    ("# é\nbatch: ! 16", "c.yaml:2: batch: tags are not allowed, and it has !"),
    ("batch: ! '16'", "c.yaml:1: batch: tags are not allowed, and it has !"),
    ("stop: ! {}", "c.yaml:1: stop: tags are not allowed, and it has !"),
    (
      "!!str batch: 16",
      "c.yaml:1: batch: tags are not allowed, and it has tag:yaml.org,2002:str"
    ),
    ("! batch: 16", "c.yaml:1: batch: tags are not allowed, and it has !"),
    ("&x batch: 16", "c.yaml:1: batch: anchors and aliases are not allowed"),
    ("? &x [a]\n: 1", "c.yaml:1: anchors and aliases are not allowed"),
    ("{[a]: 1}", "c.yaml:1: a key must be a name"),
    ("\"<<\": 4", "c.yaml:1: <<: unknown key; `regrok help configs` lists the keys"),
    // Characters that look like spaces.
    (
      "batch:\u{A0}16",
      "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42; "
        + "it has a no-break space (U+00A0), which is no space in YAML"
    ),
    ("batch\u{A0}: 16", "c.yaml:1: batch\\u{a0}: the key has a no-break space (U+00A0)"),
    (
      "batch: 16\u{A0}",
      "c.yaml:1: batch: \(batch), not 16\\u{a0}, which has a no-break space (U+00A0)"
    ),
    (
      "batch: 1\u{200B}6",
      "c.yaml:1: batch: \(batch), not 1\\u{200b}6, which has a zero width space (U+200B)"
    ),
    // A single scalar is not a config.
    ("\"\"", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    ("''", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    ("|", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    ("null", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    ("~", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    (
      "preset: tiny\nexperiments: [{name: A}]",
      "c.yaml:2: experiments: it is a plan of many runs, not a config; `regrok sweep` "
        + "performs it"
    ),
    // Values that would become zero.
    ("optimizer: {weight_decay: 1e-400}", "c.yaml:1: optimizer.weight_decay: \(vanishing)1e-400"),
    ("optimizer: {epsilon: 0.1e-323}", "c.yaml:1: optimizer.epsilon: \(vanishing)0.1e-323"),
    // Suggestions.
    ("wd: 1", "c.yaml:1: wd: unknown key; did you mean optimizer.weight_decay?"),
    (
      "optimizer: {wd: 1}",
      "c.yaml:1: optimizer.wd: unknown key; did you mean optimizer.weight_decay?"
    ),
    (
      "optimizer: {lr: 1}",
      "c.yaml:1: optimizer.lr: unknown key; did you mean optimizer.learning_rate?"
    ),
    (
      "optimizer: {learning_rate: 1,5}",
      "c.yaml:1: optimizer.5: unknown key; inside { } a comma begins the next key"
    ),
    (
      "optimizer: {\"1,5\": 1}",
      "c.yaml:1: optimizer.1,5: unknown key; `regrok help configs` lists the keys"
    ),
    ("batch_size: 5", "c.yaml:1: batch_size: unknown key; did you mean batch?"),
    (
      "optimizer: sgd",
      "c.yaml:1: optimizer: must be a section of keys, not sgd; the name is optimizer.name"
    ),
    (
      "optimizer: {beta1: 0.99999999999999999999}",
      "c.yaml:1: optimizer.beta1: must be a number from 0 and below 1, not "
        + "0.99999999999999999999, which rounds to 1"
    ),
    ("model: {batch: 1}", "c.yaml:1: model.batch: unknown key; did you mean batch?"),
    ("<<: {seed: 4}", "c.yaml:1: <<: merge keys are not allowed"),
    (
      "stop.grokked: 1",
      "c.yaml:1: stop.grokked: a key in a file has no dots; indent it under its section"
    ),
    ("- 1", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    (
      "task: {name: modular-operation}",
      "c.yaml: task.operation: is missing; it is x-y, x/y, x^2+y^2, x^2+xy+y^2, x^2+xy+y^2+x, "
        + "x^3+xy or x^3+xy^2+y"
    ),
    (
      "task: {name: modular-operation, operation: x/y, modulus: 91}",
      "c.yaml:1: task.modulus: must be a prime for x/y, and 7 divides 91"
    ),
    (
      "task: {name: permutations, degree: 6}",
      "c.yaml:1: task.degree: must be an integer from 3 to 5, not 6"
    ),
    (
      "task: {name: permutations, operation: yx}",
      "c.yaml:1: task.operation: must be xy, xyx^-1 or xyx, not yx; did you mean xy?"
    ),
    ("model: {layers: 9}", "c.yaml:1: model.layers: must be an integer from 1 to 8, not 9"),
    ("model: {norm: none}", "c.yaml:1: model.norm: must be post or pre, not none"),
    ("model: {final_norm: true}", "c.yaml:1: model.final_norm: must be on or off, not true"),
    (
      "loss: {name: mse}",
      "c.yaml:1: loss.name: must be cross-entropy, mean-squared-error or stablemax, not mse"
    ),
    (
      "task: {name: sparse-parity, train_samples: 100000}\nsampling: full",
      "c.yaml:2: sampling: full is a batch of all 100000 training examples, and 65536 are the most"
    ),
    ("loss: {temperature: 0}", "c.yaml:1: loss.temperature: must be a number above 0, not 0"),
    (
      "optimizer: {adamw_learning_rate: 1}",
      "c.yaml:1: optimizer.adamw_learning_rate: unknown key; `regrok help configs` lists the "
        + "keys"
    ),
    ("log: {columns: gradient}", "c.yaml:1: log.columns: must be \(columns), not gradient"),
    ("log: {columns: []}", "c.yaml:1: log.columns: must be a list of names, not nothing"),
    ("log: {columns: [zero_loss, zero_loss]}", "c.yaml:1: log.columns: has zero_loss twice"),
    ("log: {columns: 3}", "c.yaml:1: log.columns: must be \(columns), not 3"),
    (
      "loss: {name: stablemax}\nlog: {columns: [softmax_collapse]}",
      "c.yaml:2: log.columns: has softmax_collapse, and the loss is stablemax, which has no softmax"
    ),
    ("seed", "c.yaml:1: a config has to consist of keys and values, e.g. seed: 42"),
    ("seed: 1\n---\nseed: 2", "c.yaml:2: not YAML: but found another document"),
    ("seed: 1\n\tbatch: 2", "c.yaml:2: not YAML: found a tab character that violates indentation"),
    ("seed: [", "c.yaml:2: not YAML: did not find expected node content"),
    ("seed: 1\nbatch: \u{0}", "c.yaml:2: not YAML: control characters are not allowed"),
  ])
  func mistakesAreNamed(text: String, message: String) {
    let error = #expect(throws: RecordError.self) {
      try RunSpec(yaml: text, file: "c.yaml", preset: .tiny)
    }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    ("batch", "--set: batch: must be KEY=VALUE"), ("=1", "--set: =1: must be KEY=VALUE"),
    ("batch=", "--set: batch: \(batch), not nothing"),
    ("batch=1 ", "--set: batch: \(batch), not 1 "),
    ("model=mlp", "--set: model: must be a section of keys, not mlp; the name is model.name"),
    ("model.hedas=1", "--set: model.hedas: unknown key; did you mean model.heads?"),
    ("task.name=modular", "--set: task.name: must be \(tasks), not modular"),
  ])
  func mistakesInOverridesAreNamed(override: String, message: String) {
    let error = #expect(throws: RecordError.self) {
      try RunSpec(yaml: nil, preset: .tiny, overrides: [override])
    }
    #expect(error?.description == message)
  }

  @Test func aTaskHasToBeNamed() {
    let error = #expect(throws: RecordError.self) { try RunSpec(yaml: "seed: 1", file: "c.yaml") }
    #expect(
      error?.description
        == "c.yaml: task.name: is missing; it is \(tasks)")
  }

  @Test func aConfigOf64KiBIsReadAndOneByteMoreIsNot() throws {
    let most = "seed: 42 #" + String(repeating: "x", count: RunSpec.largestConfig - 10)
    #expect(try RunSpec(yaml: most, file: "c.yaml", preset: .tiny) == Preset.tiny.spec)
    #expect(throws: RecordError.self) {
      try RunSpec(yaml: most + "x", file: "c.yaml", preset: .tiny)
    }
  }

  /// However deeply a text is nested, it is refused in a time bounded by its size: nothing is
  /// expanded or read recursively.
  @Test func deepNestingIsRefused() {
    for piece in ["[", "{a: ", "- ", "{", "? ", "[{a: ", "!!map {", "{? "] {
      let text = String(repeating: piece, count: RunSpec.largestConfig / piece.utf8.count)
      let error = #expect(throws: RecordError.self) {
        try RunSpec(yaml: text, file: "c.yaml", preset: .tiny)
      }
      #expect(error?.description.contains("yaml_set") == false)
    }
    var indented = ""
    for depth in 0..<350 { indented += String(repeating: " ", count: depth) + "a:\n" }
    #expect(throws: RecordError.self) {
      try RunSpec(yaml: indented, file: "c.yaml", preset: .tiny)
    }
  }

  /// Eight levels of nine aliases each: 9^8 nodes if they were followed.
  @Test(arguments: [true, false])
  func aBombIsRefusedBeforeItIsExpanded(isKey: Bool) {
    var text = "a: &a [0,0,0,0,0,0,0,0,0]\n"
    for (name, last) in zip("bcdefgh", "abcdefg") {
      let items = Array(repeating: "*\(last)", count: 9).joined(separator: ",")
      text += "\(name): &\(name) [\(items)]\n"
    }
    let whole = "? [&a [0,0], &b [*a,*a], &c [*b,*b], *c]\n: 1\n"
    let inKey = "? [" + text.replacing("\n", with: "").replacing("a: ", with: "") + "]\n: 1\n"
    for text in [text + (isKey ? "? *h\n: 1\n" : "seed: *h\n"), whole, inKey] {
      #expect(throws: RecordError.self) { try RunSpec(yaml: text, file: "c.yaml", preset: .tiny) }
    }
    let error = #expect(throws: RecordError.self) {
      try RunSpec(yaml: text, file: "c.yaml", preset: .tiny)
    }
    #expect(error?.description == "c.yaml:1: a: anchors and aliases are not allowed")
  }

  /// A key that exists and is fixed for the whole run is not called unknown.
  @Test(arguments: ["task.modulus", "seed", "max_steps", "stop.grokked", "optimizer.name"])
  func whatCannotChangeDuringARunIsSaid(key: String) throws {
    let text = "at:\n  - {step: 3, set: {batch: 3, \(key): 5}}\n"
    let error = #expect(throws: RecordError.self) {
      try RunSpec(yaml: text, file: "c.yaml", preset: .tiny)
    }
    let begin = "c.yaml:2: at[0].set.\(key): cannot change during a run; these can: "
    #expect(error?.description.hasPrefix(begin) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("batch") == true)
    #expect(error?.description.contains("optimizer.weight_decay") == true)
    #expect(error?.description.contains("momentum") == false)
    let unknown = #expect(throws: RecordError.self) {
      try RunSpec(yaml: text.replacing(key, with: "batsh"), file: "c.yaml", preset: .tiny)
    }
    #expect(unknown?.description.contains("batsh: unknown key; did you mean set.batch?") == true)
  }

  /// A list of changes has no spelling on the command line.
  @Test(arguments: ["at=[]", "at.step=3", "at[0].step=3", "at=[{step: 3, set: {batch: 3}}]"])
  func theCommandLineCannotSetChanges(override: String) throws {
    let error = #expect(throws: RecordError.self) {
      try RunSpec(yaml: nil, preset: .tiny, overrides: [override])
    }
    let key = override.prefix { $0 != "=" }
    #expect(
      error?.description
        == "--set: \(key): --set cannot set at; write it in the file of a config "
        + "(regrok help forks)")
  }

  @Test func oneByteOrderMarkAtTheStartSaysNothing() throws {
    var spec = Preset.tiny.spec
    spec.seed = 7
    for text in ["seed: 7\nbatch: 16\n", "# c\nseed: 7", "{seed: 7}", "seed: 7\r\nbatch: 16\r\n"] {
      #expect(try RunSpec(yaml: "\u{FEFF}" + text, file: "c.yaml", preset: .tiny) == spec)
    }
    for text in ["\u{FEFF}\u{FEFF}seed: 7\nbatch: 16", "seed: 7\n\u{FEFF}batch: 16"] {
      #expect(throws: RecordError.self) { try RunSpec(yaml: text, file: "c.yaml", preset: .tiny) }
    }
  }

  @Test(arguments: [
    ("optimizer.epsilon=1e-46", ["optimizer.epsilon is 1e-46, and 0 in binary32"]),
    ("optimizer.epsilon=1e-44", []), ("optimizer.learning_rate=0", []),
    (
      "optimizer.weight_decay=1e-300",
      [
        "optimizer.weight_decay 1e-300 changes nothing: 1 − optimizer.learning_rate · weight_decay "
          + "is 1 in binary32"
      ]
    ), ("optimizer.weight_decay=0", []), ("optimizer.weight_decay=1e-4", []),
    ("model.embedding_scale=0", []),
    ("model.embedding_scale=1e-50", ["model.embedding_scale is 1e-50, and 0 in binary32"]),
    (
      "optimizer.learning_rate=1e38",
      [
        "the first step's optimizer.learning_rate ÷ (1 − beta1) is 1.0000000000000002e+39, and "
          + "infinite in binary32"
      ]
    ),
  ])
  func whatIsZeroOrInfiniteInBinary32IsNamed(override: String, warnings: [String]) throws {
    let found = try RunSpec(yaml: nil, preset: .tiny, overrides: [override]).warnings
    #expect(found == warnings)
  }
}
