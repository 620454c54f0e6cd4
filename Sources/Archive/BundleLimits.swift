/// What a reader accepts, checked before work is done (SPEC.md, "Reading"). Tests read with smaller
/// limits.
package struct BundleLimits: Sendable {
  /// Bytes of content of one zstd frame; the writer cuts at exactly this size.
  package var frameContent = 4 << 20
  /// Bytes of one zstd frame in the file: more than any compressor makes of `frameContent` bytes.
  package var frameInFile = 8 << 20
  /// zstd frames, without the seal and the seek table.
  package var frames = 1 << 20
  /// Members of the tar stream.
  package var members = 1 << 17
  /// Bytes of the tar stream.
  package var totalContent: Int64 = 1 << 42
  /// How many bytes of the tar stream, beyond `ratioAllowance`, each byte of the file may unpack
  /// to.
  package var ratio = 4096
  package var ratioAllowance = 64 << 20

  /// Bytes of a member, by its kind.
  package var tagFile = 1 << 16
  package var manifest = 24 << 20
  package var document = 1 << 20
  package var crate = 4 << 20
  package var trace = 256 << 20
  package var checkpoint = 1 << 30
  package var repeats = 16 << 20
  /// A log holds the first and the last 8 MiB of a program's output, and a line between them.
  package var log = 17 << 20
  /// A program's file: the most that eleven octal digits can state.
  package var file = Int(clamping: Int64(1) << 33 - 1)

  package init() {}
}
