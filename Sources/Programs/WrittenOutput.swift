/// A file that a program wrote.
struct WrittenOutput {
  var place: Harvest.Place
  /// Below the place.
  var path: String
  /// Where its content is: the file itself, or what a link leads to.
  var source: String
  var isLink: Bool
  var size: Int
}
