internal import Files
internal import RunRecords

extension Harvest {
  mutating func outputs(of place: Place) throws(ProgramError) -> [WrittenOutput] {
    // A program could have replaced its directory by a link to files that are not its own.
    guard let status = try? FileStatus(ofLink: place.path), status.kind == .directory,
      let root = FileTree.resolved(place.path)
    else {
      remarks.append("\(place.name): the program has taken the directory away")
      return []
    }
    if place.before == nil { mendNames(in: place) }
    var outputs: [WrittenOutput] = []
    var (entries, faults) = ([DirectoryWalk.Entry](), [FileError]())
    var prunedRules: [String: Int] = [:]
    (entries, faults) = DirectoryWalk.entries(of: root) { entry in
      if place.ignored.contains(root + "/" + entry.path) { return false }
      return DefaultExclusions.rule(for: entry.name) == nil
    }
    remarks += faults.map { "\($0)" }
    isComplete = isComplete && faults.isEmpty
    let runFiles = Self.runFiles(entries)
    for entry in entries {
      if runFiles.contains(entry.path) {
        excluded["run.json and lock of a run", default: 0] += 1
        continue
      }
      if let rule = DefaultExclusions.rule(for: entry.name) {
        if place.before?[entry.path] != entry.status { prunedRules[rule, default: 0] += 1 }
        continue
      }
      outputs += try self.outputs(of: entry, place: place, root: root)
    }
    for (rule, count) in prunedRules { excluded[rule, default: 0] += count }
    if let staging = place.staging, place.before == nil {
      let there = Set(entries.map(\.path))
      for path in staging.staged.keys.sorted() where !there.contains(path) {
        remarks.append("the program removed its input \(path)")
      }
    }
    return outputs
  }

  /// The `run.json` and `lock` files in directories of finished runs of this software. They are
  /// never sealed, because they name a host and a time.
  private static func runFiles(_ entries: [DirectoryWalk.Entry]) -> Set<String> {
    typealias Name = ProgramRunDirectory.Name
    let paths = Set(entries.map(\.path))
    var found: Set<String> = []
    for path in paths where PathParts.split("./" + path).name == Name.run {
      let folder = String(path.dropLast(Name.run.utf8.count))
      let spec = [Name.config, Name.program].contains { paths.contains(folder + $0) }
      if spec && paths.contains(folder + Name.outcome) && paths.contains(folder + Name.lock) {
        found.formUnion([path, folder + Name.lock])
      }
    }
    return found
  }

  /// The outputs that an entry gives: itself, what a link leads to, or nothing.
  private mutating func outputs(
    of entry: DirectoryWalk.Entry, place: Place, root: String
  ) throws(ProgramError) -> [WrittenOutput] {
    let shown = place.name + "/" + entry.path
    if let before = place.before, before[entry.path] == entry.status { return [] }
    if let staging = place.staging,
      try staging.isUnchanged(entry.path, in: root, entry.status)
    {
      return []
    }
    switch entry.kind {
    case .directory: return []
    case .special:
      remarks.append("\(shown) is a socket, a pipe or a device, and was left out")
      return []
    case .file:
      if place.staging?.staged[entry.path] != nil {
        remarks.append("the program changed its input \(entry.path), which is now a result as well")
      }
      return [
        WrittenOutput(
          place: place, path: entry.path, source: root + "/" + entry.path, isLink: false,
          size: entry.status.size)
      ]
    case .link:
      let source = FileTree.resolved(root + "/" + entry.path)
      guard let source, roots.contains(where: { source.hasPrefix($0 + "/") }) else {
        remarks.append(
          "\(shown) is a link that leads " + (source == nil ? "nowhere" : "outside")
            + ", and was left out")
        return []
      }
      return linked(entry, source, place)
    }
  }

  /// The files that a link within its directory leads to. Links below it are not followed.
  private mutating func linked(
    _ entry: DirectoryWalk.Entry, _ source: String, _ place: Place
  ) -> [WrittenOutput] {
    guard let status = try? FileStatus(of: source) else { return [] }
    switch status.kind {
    case .file:
      return [
        WrittenOutput(
          place: place, path: entry.path, source: source, isLink: true, size: status.size)
      ]
    case .directory:
      var outputs: [WrittenOutput] = []
      let isKept: (DirectoryWalk.Entry) -> Bool = { DefaultExclusions.rule(for: $0.name) == nil }
      DirectoryWalk.visit(source, enters: isKept) { inner in
        guard inner.kind == .file, isKept(inner) else { return }
        outputs.append(
          WrittenOutput(
            place: place, path: entry.path + "/" + inner.path, source: source + "/" + inner.path,
            isLink: true, size: inner.status.size))
      }
      return outputs
    case .link, .special:
      remarks.append("\(place.name)/\(entry.path) is a link to no file, and was left out")
      return []
    }
  }

  /// Renames files whose names are not UTF-8: bytes that are not ASCII, and %, become % and two
  /// hexadecimal digits.
  private mutating func mendNames(in place: Place) {
    var again = true
    while again {
      again = false
      var raw: [DirectoryWalk.Entry] = []
      DirectoryWalk.visit(place.path) { if $0.rawName != nil { raw.append($0) } }
      for entry in raw {
        guard let name = entry.rawName else { continue }
        let mended = name.map { byte in
          byte < 0x80 && byte != UInt8(ascii: "%")
            ? String(Unicode.Scalar(byte))
            : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        let folder = PathParts.split(place.path + "/" + entry.path).folder
        do throws(FileError) {
          try FileTree.move(rawName: name, in: folder, to: mended)
          remarks.append("\(place.name)/\(entry.path): its name is no UTF-8, and is now \(mended)")
          again = again || entry.kind == .directory
        } catch {
          remarks.append("\(error)")
        }
      }
    }
  }
}
