/// This program, as records name it.
public enum Software {
  public static let name = "regrok"
  /// Semantic version of the tool; the arithmetic and the bundle format have versions of their own.
  public static let version = "0.2.0"
}
