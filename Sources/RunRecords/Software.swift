/// This program, as records name it.
public enum Software {
  public static let name = "regrok"
  /// The semantic version of the tool. The arithmetic and the bundle format have their own
  /// versions.
  public static let version = "0.2.0"
}
