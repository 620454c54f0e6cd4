import Programs
import RunRecords
import Testing

@Suite struct ProgramFileTests {
  private static func read(_ text: String) throws(ProgramError) -> ProgramRequest {
    try ProgramFile.read(text, file: "p.yaml") { path throws(ProgramError) in
      guard path == "conf.yaml" else { throw .request(reason: "\(path): not there") }
      return "optimizer: {lr: 1e-3}\nseed: 42\nname: yes\n"
    }
  }

  @Test func allKeysAreRead() throws {
    let request = try Self.read(
      """
      run:     [python, train.py, --lr, "{config.optimizer.lr}", 3]
      config:  conf.yaml
      inputs:  [train.py, src]
      metrics: {file: logs/m.jsonl, step: epoch}
      outcome: result.json
      compare: {default: bits, columns: {seconds: ignore, loss: {absolute: 1e-6}}, \
      files: {"*.png": ignore}}
      env:     [MY_FLAG]
      limits:  {output: 5 GB, time: 12 h, files: 10}
      """)
    #expect(request.run == ["python", "train.py", "--lr", "{config.optimizer.lr}", "3"])
    #expect(request.config == ["optimizer": ["lr": 0.001], "seed": 42, "name": "yes"])
    #expect(request.inputs == ["train.py", "src"])
    #expect(request.metrics == ProgramSpec.Metrics(file: "logs/m.jsonl", step: "epoch"))
    #expect(request.outcome == "result.json")
    #expect(request.isDeclared)
    #expect(request.named == ["logs/m.jsonl", "result.json"])
    #expect(request.compare.rule(column: "seconds") == .ignore)
    #expect(
      request.compare.rule(column: "loss") == Tolerance(absolute: 1e-6).map { .tolerance($0) })
    #expect(request.compare.rule(file: "results/out/a.png") == .ignore)
    #expect(request.environment == ["MY_FLAG"])
    #expect(request.limits.bytes == 5_000_000_000)
    #expect(request.limits.seconds == 43_200)
    #expect(request.limits.files == 10)
  }

  @Test func allButTheProgramHasADefault() throws {
    let request = try Self.read("run: [a]")
    #expect(request.config == nil)
    #expect(request.inputs == nil)
    #expect(request.metrics == ProgramSpec.Metrics(file: "metrics.csv", step: "step"))
    #expect(request.outcome == "outcome.json")
    #expect(!request.isDeclared)
    #expect(request.named.isEmpty)
    #expect(request.compare == .bits)
    #expect(request.limits == ProgramLimits())
    #expect(try Self.read("inputs: []").inputs == [])
    #expect(try Self.read("config: {a: {b: 1}}").config == ["a": ["b": 1]])
  }

  @Test(arguments: [
    ("", "p.yaml: run: is missing: the file is empty"),
    ("run: python train.py", "p.yaml:1: run: must be a list of words"),
    ("run: []", "p.yaml:1: run: must name a program"),
    ("run: [a]\ninput: [b]", "p.yaml:2: input: unknown key"),
    ("run: [a]\ninput: [b]", "did you mean inputs?"),
    ("run: [a]\nexecute: true", "p.yaml:2: execute: unknown key"),
    ("run: [a]\ntrust: true", "p.yaml:2: trust: unknown key"),
    ("run: [a]\nmetrics: {files: x}", "p.yaml:2: metrics.files: unknown key"),
    ("run: [a]\nmetrics: ../m.csv", "p.yaml:2: metrics: ../m.csv has to be a relative path, below"),
    (
      "run: [a]\nmetrics: 'a:b'", "p.yaml:2: metrics: a:b cannot be the name of a file to be sealed"
    ),
    ("run: [a]\nlimits: {time: soon}", "p.yaml:2: limits.time: must be a time"),
    ("run: [a]\nlimits:\n  output: 5 apples", "p.yaml:3: limits.output: must be a number of bytes"),
    ("run: [a]\nenv: [2X]", "p.yaml:2: env: 2X is no name of a variable"),
    ("run: [a]\ncompare:\n  columns:\n    loss: {absolute: -1}", "p.yaml:4: compare.columns.loss"),
    (
      "run: [a]\ncompare:\n  colums: {}",
      "p.yaml:3: compare.colums: unknown key; did you mean columns?"
    ),
    ("run: [a]\nconfig: other.yaml", "other.yaml: not there"),
    ("run: [a]\nconfig: [1]", "p.yaml:2: config: must be the path of a config, or its keys"),
    ("run: [a]\nrun: [b]", "p.yaml:2: run: this key is given twice"),
  ])
  func whatIsWrongIsToldWithFileLineAndKey(text: String, reason: String) throws {
    let error = try #require(throws: ProgramError.self) { try Self.read(text) }
    #expect("\(error)".contains(reason), "\(error)")
  }

  @Test func settingsChangeTheConfig() throws {
    var request = try Self.read("run: [a]\nconfig: conf.yaml")
    try request.set("optimizer.lr", to: "0.5", isFree: false)
    try request.set("name", to: "'12'", isFree: false)
    #expect(request.config == ["optimizer": ["lr": 0.5], "seed": 42, "name": "12"])
    let error = try #require(throws: ProgramError.self) {
      try request.set("optimizer.lrr", to: "1", isFree: false)
    }
    #expect("\(error)".contains("did you mean optimizer.lr?"), "\(error)")
    var empty = ProgramRequest()
    try empty.set("a.b", to: "[1, x]", isFree: true)
    try empty.set("a.c", to: "", isFree: true)
    #expect(empty.config == ["a": ["b": [1, "x"], "c": .null]])
    #expect(throws: ProgramError.self) { try empty.set("a.b.c", to: "1", isFree: true) }
  }

  @Test(arguments: [
    ("20 GB", 20_000_000_000), ("512MiB", 512 << 20), ("1000", 1000), ("1.5 kB", 1500),
  ])
  func sizesAreReadAsPeopleWriteThem(text: String, bytes: Int) {
    #expect(ProgramLimits.bytes(text) == bytes)
  }

  @Test(arguments: [("12 h", 43_200), ("90min", 5400), ("45", 45), ("0.5s", 0.5), ("1d", 86_400.0)])
  func timesAreReadAsPeopleWriteThem(text: String, seconds: Double) {
    #expect(ProgramLimits.seconds(text) == seconds)
  }

  @Test(arguments: ["", "0", "-1", "x", "1 furlong", "1e400", "nan", "GB", "1..2"])
  func nothingElseIsOne(text: String) {
    #expect(ProgramLimits.bytes(text) == nil)
    #expect(ProgramLimits.seconds(text) == nil)
  }
}
