/// What a reader accepts, checked before work is done (SPEC.md, limits). Tests read with smaller ones.
struct BundleLimits: Sendable {
  /// Content of one zstd frame; the writer cuts at exactly this.
  var frameContent = 4 << 20
  /// Bytes of one zstd frame in the file; what no compressor makes of `frameContent` bytes.
  var frameInFile = 8 << 20
  /// zstd frames, the seal and the seek table not among them.
  var frames = 1 << 20
  /// Members of the tar stream.
  var members = 1 << 17
  /// Bytes of the tar stream.
  var totalContent = 1 << 42
  /// Bytes of the tar stream beyond `ratioAllowance`, by bytes of the file.
  var ratio = 4096
  var ratioAllowance = 64 << 20

  /// Bytes of a member, by what it is.
  var tagFile = 1 << 16
  var manifest = 24 << 20
  var document = 1 << 20
  var crate = 4 << 20
  var trace = 256 << 20
  var checkpoint = 1 << 30
}
