/// A file that a program wrote.
struct WrittenOutput {
  var place: Harvest.Place
  /// The path below the place.
  var path: String
  /// Where its content is: the file itself, or the target of a link.
  var source: String
  var isLink: Bool
  var size: Int
}
