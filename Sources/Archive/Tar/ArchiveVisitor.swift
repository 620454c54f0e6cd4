/// Looks at the members of an archive as they are read, and says at the end whether they are
/// complete.
package protocol ArchiveVisitor: TarVisitor {
  /// The headers of the members begun so far.
  var headers: [TarHeader] { get }
  /// Where the format cuts these members.
  var framePlan: FramePlan { get }
  /// Is called when the archive has ended.
  func finish() throws(BundleError)
}
