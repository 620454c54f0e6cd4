/// What looks at the members of an archive as they are read, and says in the end whether they are
/// all.
package protocol ArchiveVisitor: TarVisitor {
  /// Of the members begun so far.
  var headers: [TarHeader] { get }
  /// Where its format cuts those members.
  var framePlan: FramePlan { get }
  /// Says that the archive has ended.
  func finish() throws(BundleError)
}
