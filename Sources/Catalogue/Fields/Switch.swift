/// Whether a config has something.
public enum Switch: String, FieldName {
  case on
  case off

  public var isOn: Bool { self == .on }
}
