package import Archive

extension FrameStore {
  /// Reads the frames of the small files at the beginning, until everything before the traces has
  /// been checked.
  ///
  /// - Returns: Where the frames after them begin in the content of all frames.
  package func readHead(
    into checker: BundleChecker, _ unpacker: some FrameUnpacker
  ) throws(BundleError) -> Int {
    var tar = TarReader()
    var frameCount = 0
    var start = 0
    while !(checker.hasHead && tar.isBetweenMembers) {
      guard frameCount < frames.count, !checker.hasTraces else {
        throw .damaged(.seekTable, "the frames are not cut where the format cuts them")
      }
      let frame = frames[frameCount]
      try tar.feed(
        try content(frame, compressed: try compressed(frame), unpacker), to: checker)
      frameCount += 1
      start += frame.content
    }
    return start
  }
}
