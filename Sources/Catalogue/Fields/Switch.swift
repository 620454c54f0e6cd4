/// What a config has or has not.
public enum Switch: String, FieldName {
  case on
  case off

  public var isOn: Bool { self == .on }
}
