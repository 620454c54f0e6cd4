public import Digests

/// A tensor of binary32 values, row-major, with its name in a PyTorch state_dict.
public struct NamedTensor: Sendable, Hashable {
  public var name: String
  public var shape: [Int]
  /// As many as the product of `shape`.
  public var values: [Float]

  public init(name: String, shape: [Int], values: [Float]) {
    precondition(
      values.count == shape.reduce(1, *),
      "\(name) has \(values.count) values for the shape \(shape)")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// The whole state of a run after the update of `step`. A run can continue from it.
public struct Checkpoint: Sendable, Hashable {
  public var step: Int
  /// In the model's order.
  public var parameters: [NamedTensor]
  /// Optimizer state, named "optimizer.<moment>.<parameter>": AdamW has the moments `exp_avg` and
  /// `exp_avg_sq` of every parameter, all of the first before all of the second; SGD has none.
  public var optimizer: [NamedTensor]

  public init(step: Int, parameters: [NamedTensor], optimizer: [NamedTensor]) {
    self.step = step
    self.parameters = parameters
    self.optimizer = optimizer
  }

  /// The name of the file in `checkpoints/`.
  public static func fileName(step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
      + ".safetensors"
  }
}

extension Checkpoint {
  /// The digests that `trace/hashes.csv` records: SHA-256 over all values of all tensors in order,
  /// each binary32 as four little-endian bytes, with nothing between them. Without tensors, it is
  /// the digest of no bytes.
  public var hashes: HashRow {
    HashRow(
      step: step, parameters: Self.digest(of: parameters), optimizer: Self.digest(of: optimizer))
  }

  public static func digest(of tensors: [NamedTensor]) -> Digest {
    var hasher = Digest.Hasher()
    for tensor in tensors {
      #if _endian(little)
        unsafe tensor.values.withUnsafeBytes { unsafe hasher.update($0) }
      #else
        for value in tensor.values {
          unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe hasher.update($0) }
        }
      #endif
    }
    return hasher.finish()
  }
}
