import Digests
package import RunRecords

@testable import Archive
@testable import Bundles

/// A finished run of a program, made by hand: nothing was executed, but all records agree.
package struct SampleProgram {
  package struct Input {
    package var path: String
    package var bytes: [UInt8]
    package var isExecutable: Bool

    package init(_ path: String, _ bytes: [UInt8], isExecutable: Bool = false) {
      self.path = path
      self.bytes = bytes
      self.isExecutable = isExecutable
    }
  }

  package var spec: ProgramSpec
  package var inputs: InputList
  package var metrics: TraceTable
  package var observed: TraceTable
  package var outcome: ProgramOutcome
  package var repeats: Repeats
  /// Files by their path in the run directory; tests change them to make bad runs.
  package var files: [String: [UInt8]]

  /// - Parameters:
  ///   - outputs: Results and checkpoints by their path in the run directory.
  ///   - isAdopted: Nothing was executed; the record names the results.
  package init(
    inputs: [Input] = Self.inputs, outputs: [String: [UInt8]] = Self.outputs,
    compare: ComparePolicy = Self.compare, metrics: TraceTable = Self.metrics,
    observed: TraceTable = Self.observed, isAdopted: Bool = false
  ) throws {
    self.inputs = try InputList(
      inputs.map {
        .init(path: $0.path, digest: Digest(of: $0.bytes), isExecutable: $0.isExecutable)
      })
    spec = ProgramSpec(
      run: isAdopted
        ? [] : ["python", "train.py", "--lr", "{config.optimizer.lr}", "--out", "{out}"],
      config: ["optimizer": ["lr": 0.01], "seed": 1], inputs: self.inputs.digest, compare: compare,
      environment: ["MY_FLAG"], metrics: .init(file: "metrics.csv", step: "step"),
      outcome: "outcome.json")
    self.metrics = metrics
    self.observed = observed
    outcome = try ProgramOutcome(
      found: ["accuracy": 0.75, "best": "NaN", "converged": true, "note": .null],
      ending: isAdopted ? .unknown : .init(status: 0))
    repeats = Self.repeats
    if isAdopted {
      let results = outputs.keys.filter { compare.rule(file: $0) != .ignore }.sorted()
      // Checkpoints come after the results, by step.
      let ordered =
        results.filter { !$0.hasPrefix("checkpoints/") }
        + results.filter { $0.hasPrefix("checkpoints/") }
      let records = [
        ("outcome.json", outcome.bytes), ("trace/metrics.csv", metrics.canonicalText),
      ]
      spec.adopted = Digest(
        of: Manifest(
          (records + ordered.map { ($0, outputs[$0]!) })
            .map { .init(digest: Digest(of: $1), path: $0) }
        ).bytes)
    }
    files = outputs
    for input in inputs { files["inputs/" + input.path] = input.bytes }
    files.merge([
      "program.json": spec.bytes, "inputs-sha256.txt": self.inputs.bytes,
      "outcome.json": outcome.bytes, "repeats.json": repeats.bytes,
      "environment.json":
        (["observed_outcome": ["minutes": 3], "variables": ["MY_FLAG": "1"]] as CanonicalJSON).utf8,
      "run.json":
        ([
          "command": ["regrok", "record"], "ended": .string(Self.ended), "host": "sample",
          "started": .string(Self.started),
        ] as CanonicalJSON).utf8,
      "trace/metrics.csv": metrics.canonicalText, "trace/observed.csv": observed.canonicalText,
      "log.txt": Array("epoch 1\nepoch 2\n".utf8),
    ]) { _, record in record }
  }

  package static let started = "2026-11-23T23:59:59.999+00:00"
  package static let ended = "2026-11-24T02:03:04.005+00:00"

  /// Writes the run directory.
  package func write(to directory: TemporaryDirectory, name: String = "run") -> String {
    for (path, bytes) in files { directory.write(bytes, to: name + "/" + path) }
    return directory.path + "/" + name
  }
}

// MARK: Inputs, outputs and findings

extension SampleProgram {
  package static let inputs = [
    Input("train.py", Array("print('hello')\n".utf8)),
    Input(".python-version", Array("3.12\n".utf8)),
    Input("tools/prepare.sh", Array("#!/bin/sh\n".utf8), isExecutable: true),
  ]

  /// Two checkpoints, an ignored result, one in the working directory, and one in a hidden folder.
  package static let outputs: [String: [UInt8]] = [
    "results/out/summary.json": Array(#"{"loss":0.25,"steps":[1,2]}"#.utf8),
    "results/out/table.csv": Array("a,b\n1,2.5\n".utf8),
    "results/out/plot.png": [0x89, 0x50, 0x4e, 0x47],
    "results/out/.hydra/config.yaml": Array("lr: 0.01\n".utf8),
    "results/out/withheld.bin": [1, 2, 3],
    "results/work/notes.txt": Array("where it stood\n".utf8),
    "checkpoints/step-00000010.safetensors": tensors([0.5, -1]),
    "checkpoints/step-00000020.safetensors": tensors([0.25, -2]),
  ]

  package static let compare = ComparePolicy(
    columns: ["seconds": .ignore, "loss": .tolerance(Tolerance(absolute: 1e-6)!)],
    files: [PathPattern("*.png")!: .ignore], outcome: ["minutes": .ignore])!

  /// Integers, numbers with NaN and an infinity, texts, gaps, and a column that has only gaps.
  package static let metrics = try! TraceTable(
    steps: [0, 10, 20, 1 << 40],
    columns: [
      .init(name: "tokens", values: .integers([0, 4096, nil, 8192])),
      .init(name: "loss", values: .numbers([1.5, .nan, .infinity, -0.0])),
      .init(name: "phase, \"long\"", values: .texts(["warm", nil, "a \"b\"\nc", ""])),
      .init(name: "empty", values: .integers([nil, nil, nil, nil])),
    ])

  package static let observed = try! TraceTable(
    steps: [0, 10, 20, 1 << 40],
    columns: [.init(name: "seconds", values: .numbers([0.1, 0.2, 0.3, nil]))])

  package static let repeats = Repeats.measured(
    .init(
      count: 3,
      spread: .init(
        columns: [
          "tokens": nil, "phase, \"long\"": nil, "empty": nil,
          "loss": .init(first: 10, largest: .number(0.125), rows: 2),
        ],
        files: [
          "results/out/summary.json": .differs, "results/out/table.csv": .identical,
          "results/work/notes.txt": .missing,
        ],
        outcome: ["accuracy": .identical, "best": .differs], ending: .identical),
      varied: [
        .init(
          name: "OMP_NUM_THREADS", value: "2",
          spread: .init(columns: ["loss": nil], ending: .identical))
      ]))

  /// A safetensors file of one tensor of binary32.
  package static func tensors(_ values: [Float]) -> [UInt8] {
    let size = 4 * values.count
    let header =
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[\(values.count)],\"data_offsets\":[0,\(size)]}}"
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: padded.utf8.count >> (8 * $0)) }
      + Array(padded.utf8)
      + values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
      }
  }
}
