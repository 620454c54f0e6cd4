/// The sizes of a linear layer.
public struct LinearLayer: Sendable, Hashable {
  public let inputs: Int
  public let outputs: Int
}

extension LinearLayer {
  /// Layers in sequence, one more than the hidden ones.
  public static func chain(inputs: Int, width: Int, hidden: Int, outputs: Int) -> [LinearLayer] {
    (0...hidden).map { index in
      LinearLayer(
        inputs: index == 0 ? inputs : width, outputs: index == hidden ? outputs : width)
    }
  }
}

extension [LinearLayer] {
  /// The weight of each layer in turn, each followed by its bias if there are biases.
  func tensors(bias: Switch) -> [TensorShape] {
    var tensors: [TensorShape] = []
    for (index, layer) in enumerated() {
      let isHidden = index > 0 && index < count - 1
      tensors.append(
        TensorShape(
          "layers.\(index).weight", [layer.outputs, layer.inputs],
          isHidden ? .hidden(blocks: 1) : .other))
      if bias.isOn { tensors.append(TensorShape("layers.\(index).bias", [layer.outputs], .other)) }
    }
    return tensors
  }
}
