/// What a reader accepts, checked before work is done (SPEC.md, limits). Tests read with smaller
/// ones.
package struct BundleLimits: Sendable {
  /// Content of one zstd frame; the writer cuts at exactly this.
  package var frameContent = 4 << 20
  /// Bytes of one zstd frame in the file; what no compressor makes of `frameContent` bytes.
  package var frameInFile = 8 << 20
  /// zstd frames, the seal and the seek table not among them.
  package var frames = 1 << 20
  /// Members of the tar stream.
  package var members = 1 << 17
  /// Bytes of the tar stream.
  package var totalContent: Int64 = 1 << 42
  /// Bytes of the tar stream beyond `ratioAllowance`, by bytes of the file.
  package var ratio = 4096
  package var ratioAllowance = 64 << 20

  /// Bytes of a member, by what it is.
  package var tagFile = 1 << 16
  package var manifest = 24 << 20
  package var document = 1 << 20
  package var crate = 4 << 20
  package var trace = 256 << 20
  package var checkpoint = 1 << 30
  package var repeats = 16 << 20
  /// The first and the last 8 MiB of what a program said, and a line between.
  package var log = 17 << 20
  /// Of a program: what eleven octal digits can say.
  package var file = Int(clamping: Int64(1) << 33 - 1)

  package init() {}
}
