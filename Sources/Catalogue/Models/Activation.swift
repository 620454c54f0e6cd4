/// The function between two linear layers.
public enum Activation: String, FieldName {
  /// x·Φ(x), exactly (SPEC.md, "GELU").
  case gelu
  /// x where it is above 0, else 0.
  case relu
}
