import Catalogue
import DeterministicNumerics
import Digests
import Foundation
import Learning
import RunRecords
import Testing

/// Compares the text of SPEC.md 1.14 with computed values line by line, so that neither can change
/// alone. With these values a new implementation finds where it first differs from this one.
/// Tests/SecondImplementation/values.py does the same.
@Suite struct IntermediateValuesTests {
  private static let specification = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "SPEC.md")

  @Test func specificationHasTheValuesOfTheCode() throws {
    let written = try section("1.14").filter { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }
    var computed = streams(seed: 42)
    computed += tiny()
    computed += parity()
    computed += base()
    for (written, computed) in zip(written, computed) { #expect(String(written) == computed) }
    #expect(written.count == computed.count)
  }

  /// A row of the table has a counter, a key and a block.
  @Test func specificationHasPhiloxKnownAnswers() throws {
    let rows = try section("1.6").compactMap { line -> [[UInt32]]? in
      let cells = line.split(separator: "|").map { cell in
        cell.split(separator: " ").compactMap { $0.count == 8 ? UInt32($0, radix: 16) : nil }
      }
      return cells.map(\.count) == [4, 2, 4] ? cells : nil
    }
    for row in rows {
      let block = Philox.block(
        counter: SIMD4(row[0]), key: SIMD2(row[1]))
      #expect(block == SIMD4(row[2]))
    }
    #expect(rows.count == 3)
  }

  /// The lines of a section of SPEC.md.
  private func section(_ number: String) throws -> [Substring] {
    let text = try String(contentsOf: Self.specification, encoding: .utf8)
    let parts = text.components(separatedBy: "\n## \(number) ")
    try #require(parts.count == 2, "SPEC.md has \(parts.count - 1) sections \(number)")
    return parts[1].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.hasPrefix("# ") && !$0.hasPrefix("## ") }
  }

  // MARK: Sections

  private func streams(seed: UInt64) -> [String] {
    let places: [(RandomStream.Purpose, String)] = [
      (.initialization, "(1, 0)"), (.split, "(2, 0)"), (.batch, "(3, 0)"), (.examples, "(4, 0)"),
    ]
    let words = places.map { purpose, name in
      var stream = RandomStream(seed: seed, purpose: purpose, index: 0)
      return "words of \(name): \(spelled((0..<6).map { _ in stream.nextWord() }))"
    }
    var stream = RandomStream(seed: seed, purpose: .initialization, index: 0)
    let normals = [stream.nextNormalPair(), stream.nextNormalPair()].flatMap { [$0.0, $0.1] }
    return words + ["normals of (1, 0): \(spelled(normals.map(\.bitPattern)))"]
  }

  private func tiny() -> [String] {
    let trainer = Trainer(
      seed: 42, task: .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
      optimizer: .adamW(
        .init(learningRate: 0.003, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)),
      batch: 16)
    let logits = trainer.logits(SerialWorkers()).prefix(trainer.classCount)
    return [
      trainingPairs(of: trainer),
      "places of batch 0: \(places(of: trainer, seed: 42, 16))",
      "logits of training pair 0: \(spelled(logits.map(\.bitPattern)))",
    ] + firstStep(of: trainer, byTensor: true)
  }

  private func parity() -> [String] {
    let trainer = Trainer(
      seed: 42,
      task: .sparseParity(
        .init(bits: 10, relevantBits: 3, trainSamples: 200, validationSamples: 200)),
      model: .mlp(.init(width: 16, hiddenLayers: 2)),
      optimizer: .sgd(.init(learningRate: 0.1, weightDecay: 0.001, decayConvention: .lambda)),
      batch: 16)
    let samples = (0..<4).map { trainer.inputs(of: $0).map(String.init).joined() }
    return [
      "training samples 0 to 3: \(samples.joined(separator: " "))",
      "places of batch 0: \(places(of: trainer, seed: 42, 16))",
    ] + firstStep(of: trainer, byTensor: true)
  }

  private func base() -> [String] {
    let trainer = Trainer(
      seed: 42, task: .modular(.init(operation: .addition, modulus: 97, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 128, heads: 4, feedforward: 512, embeddingScale: 1)),
      optimizer: .adamW(
        .init(learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)),
      batch: 512)
    return [
      trainingPairs(of: trainer),
      "places 0 to 7 of batch 0: \(places(of: trainer, seed: 42, 8))",
    ] + firstStep(of: trainer, byTensor: false)
  }

  // MARK: Lines

  private func trainingPairs(of trainer: Trainer) -> String {
    let pairs = (0..<6).map { trainer.inputs(of: $0).map(String.init).joined(separator: " ") }
    return "training pairs 0 to 5: \(pairs.joined(separator: ", "))"
  }

  private func places(of trainer: Trainer, seed: UInt64, _ count: Int) -> String {
    var stream = RandomStream(seed: seed, purpose: .batch, index: 0)
    return (0..<count).map { _ in
      String(stream.nextInteger(below: UInt32(trainer.trainCount)))
    }.joined(separator: " ")
  }

  /// The state before and after step 0, which is taken here.
  private func firstStep(of trainer: Trainer, byTensor: Bool) -> [String] {
    let tensors = 0..<trainer.tensorCount
    let norm = trainer.squaredNorm()
    let initial = tensors.map(trainer.parameterValues)
    let loss = trainer.advance(SerialWorkers())
    let gradient = tensors.map(trainer.gradientValues)
    let updated = tensors.map(trainer.parameterValues)
    let moments = (0..<trainer.momentCount).flatMap { moment in
      tensors.map { trainer.momentValues(moment, $0) }
    }
    let whole = [
      "V before the first update: \(shortestDecimal(norm))",
      "initial parameters: \(digest(initial))",
      "loss of batch 0: \(shortestDecimal(loss))",
      "gradient of batch 0: \(digest(gradient))",
      "parameters after step 0: \(digest(updated))",
      "optimizer after step 0: \(digest(moments))",
    ]
    guard byTensor else { return whole }
    return whole
      + tensors.map { tensor in
        let digests = [initial, gradient, updated].map { digest([$0[tensor]]).prefix(16) }
        return "\(trainer.tensorName(tensor)): \(digests.joined(separator: " "))"
      }
  }

  private func spelled(_ words: [UInt32]) -> String {
    words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined(separator: " ")
  }

  /// The SHA-256 of the tensors' values, each binary32 as four little-endian bytes.
  private func digest(_ tensors: [[Float]]) -> String {
    let bytes = tensors.joined().flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
    return Digest(of: bytes).hex
  }
}
