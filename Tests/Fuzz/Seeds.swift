import Digests
import Foundation
import RunRecords
import TestSupport

@testable import Archive
@testable import ArchiveFiles
@testable import Bundles

/// Sound inputs to start from, made from small runs.
enum Seeds {
  static let forge = try! BundleForge(SampleRun(rows: 3))
  private static let thin = try! BundleForge(SampleRun(rows: 2), thin: true)
  private static let diverged = try! BundleForge(SampleRun(rows: 1, diverged: true))
  private static let forges = [forge, thin, diverged]

  /// Whole bundles, small enough to be mutated often.
  static let bundles = forges.map(\.bytes)

  /// One for each verdict of each kind of run, and one on a sample.
  private static var statements: [[UInt8]] {
    let digest = Digest(of: [])
    let found = ReplayStatement.Difference(
      "column", name: "loss", step: 3, distance: .number(1e-9), ulps: 2)
    var statements = ReplayStatement.Verdict.allCases.flatMap { verdict in
      RunKind.allCases.map { kind in
        ReplayStatement(
          kind: kind, result: digest, bundle: digest, config: digest, verdict: verdict,
          extent: .whole, differences: verdict == .identical ? [] : [found],
          build: .init(
            software: "regrok 0.2.0", digest: digest, configuration: "release", compiler: "Swift"),
          instructions: "avx2+fma", threads: 2, steps: 30, day: "2026-11-24")
      }
    }
    statements[0].extent = .sample(segments: 1, of: 4, seed: 7)
    return statements.map(\.json.utf8)
  }

  static func inputs(_ target: FuzzTarget) -> [[UInt8]] {
    func members(_ path: String) -> [[UInt8]] { forges.map { $0[path] } }
    func texts(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
    switch target {
    case .json:
      return members("data/outcome.json") + members("data/config.json") + [
        forge["data/ro-crate-metadata.json"]
      ]
        + texts(["null", #"["\u0001\"é€😀",-1.5,1e+21,5e-324,true,{}]"#])
    case .config: return Preset.allCases.map { $0.spec.canonicalJSON.utf8 }
    case .yaml:
      return texts([
        "# A comment.\ntask:\n  name: modular-addition\n  modulus: 7\nseed: 1\nbatch: 16\n",
        "{task: {name: sparse-parity, bits: 10}, optimizer: {name: sgd}}\n",
        "optimizer:\n  name: 'adamw'\n  weight_decay: 0.5e-1\nstop: {memorized: 1}\n",
        "a: &a [1, *a]\n<<: {b: !!int 1}\n? [c]\n: |\n  d\n",
      ])
    case .safetensors:
      return SampleRun(rows: 3).checkpoints.map {
        Safetensors.encode($0, runID: FuzzTarget.runID, numerics: 1)
      }
    case .trace:
      return forges.map { $0["data/trace/metrics.csv"] + $0["data/trace/hashes.csv"] }
    case .lists: return members("manifest-sha256.txt") + members("bag-info.txt")
    case .signature:
      let blob =
        Array("SSHSIG".utf8) + [0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 6] + Array("regrok".utf8)
        + [0, 0, 0, 0, 0, 0, 0, 6] + Array("sha512".utf8) + [0, 0, 0, 1, 1]
      return texts([
        "-----BEGIN SSH SIGNATURE-----\n" + Data(blob).base64EncodedString()
          + "\n-----END SSH SIGNATURE-----\n"
      ])
    case .statement: return statements
    case .tar, .archive, .records: return forges.map { $0.entries.flatMap { $0 } + BundleForge.end }
    case .frame:
      return forges.map {
        let content = Array($0.entries.joined().prefix(4096))
        return UInt32(content.count).littleEndianBytes
          + FrameCompressor(level: 3).compress(content)
      }
    case .bundle: return bundles
    case .renderers:
      let values: [Double] = [
        0, 0.5, 1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e6, 1e20, 1e307, -1,
      ]
      return [0, 3, 20].map { first in
        [first]
          + (0..<40).flatMap { place -> [UInt8] in
            let bits = values[place * (Int(first) + 1) % values.count].bitPattern
            return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
          }
      }
    case .directory:
      return [SampleRun(rows: 3), SampleRun(rows: 1, diverged: true), SampleRun(grokked: true)].map
      {
        $0.files.sorted { $0.key < $1.key }.flatMap { path, content in
          TarHeader(name: path, size: content.count).block + BundleForge.padded(content)
        } + BundleForge.end
      }
    case .plan:
      return texts([
        "preset: tiny\nexperiments:\n  - name: a\n    seeds: [1, 3..9]\n",
        "preset: tiny\nset: {max_steps: 9}\nexperiments:\n  - name: a\n    about: b\n    grid: "
          + "{batch: [8, 16], log_interval: 3}\n    where:\n      - {if: {batch: 8}, "
          + "set: {seed: 1}}\n  - {name: c, extra: true, cases: [{batch: 1}, {batch: 2}]}\n",
        "program: p\nset: {lr: 1e-3}\nexperiments:\n  - name: a\n    seeds: [1, 3..9]\n    grid: "
          + "{a.b.c: [0x1, ~], a.: \"2\"}\n    where:\n      - {if: {seed: 3}, set: {a.b: yes}}\n"
          + "  - {name: c, program: none}\n  - {name: d, seed: lr, seeds: 1..2}\n",
      ])
    case .claims:
      return texts([
        """
        title: t
        define: {λ: optimizer.weight_decay, d: t_grok - t_mem}
        experiments: {A: {plan: plan.yaml, experiment: a}, B: {where: seed > 0, least: 2}}
        claims:
          - says: s
            headline: {name: h, runs: A, mean: d, paper: 1, band: {within: 15 %, source: ours}, \
        scale: logarithmic}
            published: {name: c, runs: B, count: has(t_grok), band: {exactly: 6, source: ours}}
            beside:
              - {name: "p{p}", each: {p: [1, 2]}, runs: B, where: "seed > {p}", share: d > 20}
              - {name: l, runs: B, slope: {x: seed, y: last(squared_norm)}, by: λ, then: ratio}
              - {name: e, runs: B, exponent: {x: seed, y: d, within: λ}, note: n}
              - {name: k, runs: B, censored_median: {time: t_grok, observed: d > 30}}
          - {id: 4, says: u, not_testable: r, notes: [a, b]}
        changes: [{date: d, claim: 4, what: w, before: b, after: a, reason: r}]

        """,
        """
        title: t
        experiments: {A: {where: true}}
        claims: [{says: s, not_testable: r}]
        figures:
          - title: f
            headline: true
            x: {name: x, scale: logarithmic}
            y: {name: y}
            mark: {x: 1, label: m}
            series:
              - {points: p, runs: A, x: seed, y: v_mem, hollow: has(t_grok), color: ramp, shift: 2}
              - {curves: c, runs: A, x: step, y: squared_norm, color: 0}
              - {law: l, runs: A, x: seed, y: v_mem}
              - {means: m, runs: A, by: seed > 2, x: seed, y: v_mem}
              - {medians: k, runs: A, x: seed, time: last_step, observed: has(t_grok)}
              - {diagonal: d}
        """,
      ])
    case .table:
      return texts([
        "step\n", "step,loss,n,\"a, b\"\n0,0.5,1,\"x\"\n7,NaN,,\"\"\n9,-0.0,-3,\"\"\"\n\"\n",
        "step,x\n1,1e+21\n2,-Infinity\n3,1.0\n",
      ])
    case .program: return programs
    case .programBundle: return programForges.map { $0.entries.flatMap { $0 } + BundleForge.end }
    case .programDirectory:
      return samples.map {
        $0.files.sorted { $0.key < $1.key }.flatMap { path, content in
          TarHeader(name: path, size: content.count).block + BundleForge.padded(content)
        } + BundleForge.end
      }
    case .files:
      let tensors = SampleRun(rows: 3).checkpoints.map {
        Safetensors.encode($0, runID: FuzzTarget.runID, numerics: 1)
      }
      return texts([
        "0one\ntwo\none\ntwo\n", #"1{"a":[1,"\u00e9"]}{"a":[2,null,1]} "#,
        "2a,b\n1,\"x\"\na,b\n2,\"y\"\n",
      ]) + tensors.map { [UInt8(ascii: "3")] + $0 + $0 }
    }
  }

  /// A run that was executed, one that was adopted, and one without results.
  private static let samples = [
    try! SampleProgram(), try! SampleProgram(isAdopted: true),
    try! SampleProgram(inputs: [], outputs: [:], metrics: .empty, observed: .empty),
  ]
  static let programForge = programForges[0]
  private static let programForges =
    [try! BundleForge(samples[0], excluding: [PathPattern("withheld.bin")!])]
    + samples.dropFirst().map { try! BundleForge($0) }

  /// The records of a program's run.
  private static let programs: [[UInt8]] = {
    let digest = Digest(of: [])
    let spec = ProgramSpec(
      run: ["sh", "{out}"], config: ["lr": 0.5], inputs: digest,
      compare: ComparePolicy(
        columns: ["a": .ignore, "b": .tolerance(Tolerance(absolute: 1)!)],
        files: [PathPattern("*.png")!: .ignore])!,
      environment: ["A"], metrics: .init(file: "m.csv", step: "epoch"), outcome: "o.json")
    let outcome = try! ProgramOutcome(found: ["x": "NaN"], ending: .init(status: 0))
    let spread = Repeats.Spread(
      columns: ["a": .init(first: 1, largest: .infinite, rows: 2), "b": nil],
      files: ["results/out/a": .missing], outcome: ["x": .differs], ending: .identical)
    let repeats = Repeats.measured(
      .init(
        count: 2, steps: 5, spread: spread,
        varied: [.init(name: "A", value: "1", spread: spread)]))
    let inputs = try! InputList([
      .init(path: "a/b", digest: digest, isExecutable: false),
      .init(path: "c", digest: digest, isExecutable: true),
    ])
    return [spec.bytes, outcome.bytes, repeats.bytes, inputs.bytes]
  }()

  /// Writes the seeds of all targets below `directory`, into one folder for each target.
  static func write(to directory: String) throws {
    for target in FuzzTarget.allCases {
      let place = directory + "/" + target.rawValue
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      for (index, input) in inputs(target).enumerated() {
        try Data(input).write(to: URL(fileURLWithPath: place + "/seed-\(index)"))
      }
    }
  }
}
