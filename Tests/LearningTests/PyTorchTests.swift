import Catalogue
import Foundation
import Learning
import Testing

/// Compares the losses, gradients and updates of three steps with PyTorch's, on the same weights
/// and batches. Tests/Oracles/make_gradient_fixture.py makes the fixtures. There PyTorch computes
/// losses and gradients in binary64, from the binary32 weights.
@Suite struct PyTorchTests {
  @Test(arguments: [
    "torch_transformer_shared", "torch_transformer_per_operand", "torch_transformer_sgd",
    "torch_mlp", "torch_mlp_sgd", "torch_mlp_adam", "torch_mlp_matrices", "torch_mlp_momentum",
    "torch_mlp_nesterov", "torch_mlp_lion", "torch_mlp_muon", "torch_transformer_layers2",
    "torch_transformer_pre", "torch_transformer_pre1", "torch_transformer_layers3_off",
    "torch_transformer_off", "torch_transformer_mse", "torch_transformer_stablemax",
    "torch_transformer_temperature", "torch_transformer_decay", "torch_transformer_muon",
    "torch_pair_mlp", "torch_pair_mlp_one_hot", "torch_pair_mlp_mse",
  ])
  func lossesGradientsAndUpdatesAgree(name: String) throws {
    let fixture = try Fixture(name: name)
    let trainer = try fixture.trainer()
    for tensor in 0..<trainer.tensorCount {
      let values = try fixture.floats("initial." + trainer.tensorName(tensor))
      trainer.setParameter(tensor, values)
    }
    let exampleOf = Dictionary(
      (0..<trainer.exampleCount).map { (trainer.inputs(of: $0), $0) },
      uniquingKeysWith: { a, _ in a })

    for step in 0..<3 {
      let inputs = try fixture.floats("step\(step).inputs").map { Int($0) }
      let width = inputs.count / fixture.batch
      let examples = try (0..<fixture.batch).map { row in
        try #require(exampleOf[Array(inputs[row * width..<(row + 1) * width])])
      }
      let loss = trainer.advance(on: examples, SerialWorkers())
      let expected = try fixture.doubles("step\(step).loss")[0]
      #expect((loss / expected - 1).magnitude < 1e-6, "loss of step \(step)")
      for tensor in 0..<trainer.tensorCount {
        let name = trainer.tensorName(tensor)
        let distance = relativeDistance(
          trainer.gradientValues(tensor), try fixture.floats("step\(step).gradient." + name))
        #expect(distance < 1e-5, "gradient of \(name) in step \(step)")
      }
    }
    for tensor in 0..<trainer.tensorCount {
      let name = trainer.tensorName(tensor)
      var ours = trainer.parameterValues(tensor)
      var theirs = try fixture.floats("final." + name)
      if name.hasSuffix("in_proj_bias") {
        // A key's bias adds the same to both scores, so softmax cancels it. Its gradient is
        // rounding noise, which AdamW scales to whole steps.
        let keys = ours.count / 3..<ours.count / 3 * 2
        ours.removeSubrange(keys)
        theirs.removeSubrange(keys)
      }
      let distance = relativeDistance(ours, theirs)
      #expect(distance < 1e-5, "\(name) after three steps")
    }
  }

  /// ‖a − b‖ / ‖b‖.
  private func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    var difference = 0.0
    var norm = 0.0
    for (x, y) in zip(a, b) {
      difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
      norm += Double(y) * Double(y)
    }
    return a.count == b.count ? (difference / norm).squareRoot() : .infinity
  }
}

/// A safetensors file with F32 and F64 tensors and the config that made it.
private struct Fixture {
  private let content: Data
  private let header: [String: Any]
  private let config: [String: Any]
  let batch: Int

  init(name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name).safetensors")
    content = try Data(contentsOf: file)
    let length = content.prefix(8).enumerated().reduce(0) {
      $0 | Int($1.element) << (8 * $1.offset)
    }
    header = try #require(
      JSONSerialization.jsonObject(with: content.dropFirst(8).prefix(length)) as? [String: Any])
    let metadata = try #require(header["__metadata__"] as? [String: String])
    let text = try #require(metadata["fixture"])
    let outer = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    config = try #require(outer["config"] as? [String: Any])
    batch = try #require(config["batch"] as? Int)
  }

  private func bytes(_ tensor: String) throws -> Data {
    let entry = try #require(header[tensor] as? [String: Any], "no tensor \(tensor)")
    let offsets = try #require(entry["data_offsets"] as? [Int])
    let length = content.prefix(8).enumerated().reduce(0) {
      $0 | Int($1.element) << (8 * $1.offset)
    }
    return content.subdata(in: 8 + length + offsets[0]..<8 + length + offsets[1])
  }

  func floats(_ tensor: String) throws -> [Float] {
    let bytes = try bytes(tensor)
    return stride(from: 0, to: bytes.count, by: 4).map { index in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) })
    }
  }

  func doubles(_ tensor: String) throws -> [Double] {
    let bytes = try bytes(tensor)
    return stride(from: 0, to: bytes.count, by: 8).map { index in
      Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[index + $1]) << (8 * UInt64($1)) })
    }
  }

  func trainer() throws -> Trainer {
    var task = TaskSpec(try #require(TaskName(rawValue: try name("task"))))
    var model = ModelSpec(try #require(ModelName(rawValue: try name("model"))), for: task.name)
    var optimizer = OptimizerSpec(try #require(OptimizerName(rawValue: try name("optimizer"))))
    var loss = LossSpec()
    var reader = FixtureReader(config: config)
    task.visitFields(&reader)
    model.visitFields(&reader, for: task.name)
    optimizer.visitFields(&reader)
    loss.visitFields(&reader)
    let known = Set(reader.known)
    for section in ["task", "model", "optimizer", "loss"] {
      for key in (config[section] as? [String: Any] ?? [:]).keys {
        #expect(known.contains("\(section).\(key)"), "\(section).\(key) is not read")
      }
    }
    return Trainer(
      seed: 1, task: task, model: model, loss: loss, optimizer: optimizer, batch: batch)
  }

  private func name(_ section: String) throws -> String {
    try #require((config[section] as? [String: Any])?["name"] as? String)
  }
}

/// Sets the keys of a spec to what a fixture's config has.
private struct FixtureReader: FieldVisitor {
  let config: [String: Any]
  private(set) var known: [String] = []

  init(config: [String: Any]) { self.config = config }

  private mutating func value(_ key: String) -> Any? {
    known.append(key)
    let parts = key.split(separator: ".")
    return (config[String(parts[0])] as? [String: Any])?[String(parts[1])]
  }

  mutating func variant<Name: FieldName>(_ key: String, _ name: Name, default standard: Name?) {
    known.append(key)
  }

  mutating func integer(_ key: String, _ bounds: IntegerBounds, _ value: inout Int) {
    if let number = self.value(key) as? NSNumber { value = number.intValue }
  }

  mutating func number(_ key: String, _ bounds: NumberBounds, _ value: inout Double) {
    if let number = self.value(key) as? NSNumber { value = number.doubleValue }
  }

  mutating func name<Name: FieldName>(_ key: String, _ value: inout Name, hasDefault: Bool) {
    if let text = self.value(key) as? String, let name = Name(rawValue: text) { value = name }
  }

  mutating func addedNames<Name: FieldName>(_ key: String, _ value: inout [Name]) {}
  mutating func seed(_ key: String, _ value: inout UInt64) {}
}
