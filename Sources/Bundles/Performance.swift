import Archive
import ArchiveFiles
import BundleChecks
private import Files
import RunRecords

/// When a finished run was performed and by which command line, and which terms were stated for it
/// before.
struct Performance {
  /// As YYYY-MM-DDThh:mm:ss.sss+00:00.
  let started, ended: String
  /// The words of the command line, quoted for a shell where they need it. Folders are left out:
  /// they tell about a user and not about the run.
  let command: String
  /// In the form in which users state them; nil if nobody has.
  var license, publisher: String?

  /// From `run.json`. In a directory that was unpacked or filled, from what was sealed.
  init(directory: String) throws(BundleError) {
    for (name, read) in [(Self.log, Self.init(log:)), (Self.crate, Self.init(crate:))] {
      let path = directory + "/" + name
      guard try onDisk(try Disk().exists(path)) else { continue }
      let limit = name == Self.log ? BundleLimits().document : BundleLimits().crate
      let file = try BundleFile(path: path)
      guard file.size <= limit else {
        throw .inputOutput(path: path, detail: "it is longer than \(limit) bytes")
      }
      let json: CanonicalJSON
      do {
        json = try CanonicalJSON(canonical: try file.read(at: 0, count: file.size))
      } catch let error as RecordError {
        throw BundleError.damaged(.json, member: name, detail: error.description).at(directory)
      } catch let error as BundleError {
        throw error
      } catch {
        preconditionFailure("\(error)")
      }
      guard let found = read(json) else {
        throw .notARun(path: directory, detail: "\(name) does not say when the run was performed")
      }
      self = found
      return
    }
    throw .notARun(
      path: directory,
      detail: "there is no \(Self.log), which says when it was performed; only run writes it")
  }

  /// From what is sealed.
  init(_ reader: BundleReader) throws(BundleError) {
    let json = try CanonicalJSON(member: .crate, try reader.read(MemberName.crate.path))
    guard let found = Self(crate: json) else {
      throw .damaged(
        .crate, member: MemberName.crate.path, detail: "it does not say when the run was")
    }
    self = found
  }

  /// From a run that has no directory.
  init(_ run: PerformedRun) {
    (started, ended) = (run.started, run.ended)
    command = Self.command(run.command)
  }

  private init?(log: CanonicalJSON) {
    guard let started = log["started"]?.stringValue, CrateCheck.isTime(started),
      let ended = log["ended"]?.stringValue, CrateCheck.isTime(ended)
    else { return nil }
    (self.started, self.ended) = (started, ended)
    if case .array(let words)? = log["command"] {
      command = Self.command(words.compactMap(\.stringValue))
    } else {
      command = Software.name + " run"
    }
  }

  private init?(crate: CanonicalJSON) {
    guard case .array(let graph)? = crate["@graph"] else { return nil }
    func entity(_ id: CanonicalJSON?) -> CanonicalJSON? { graph.first { $0["@id"] == id } }
    let (root, run) = (entity("./"), entity(.string(Crate.run)))
    guard let run, let started = run["startTime"]?.stringValue, CrateCheck.isTime(started),
      let ended = run["endTime"]?.stringValue, CrateCheck.isTime(ended)
    else { return nil }
    (self.started, self.ended) = (started, ended)
    let words = (run["description"]?.stringValue ?? "").split(separator: " ")
    command = words.map { Self.withoutFolders(String($0)) }.joined(separator: " ")
    license = Terms.statedLicense(entity(root?["license"]?["@id"]))
    publisher = Terms.statedPublisher(entity(root?["publisher"]?["@id"]))
  }

  private static let log = "run.json"
  private static let crate = Crate.path(.crate)

  // MARK: Words

  /// The command line without the option that says where the run is kept. Any other path is reduced
  /// to its last component.
  static func command(_ words: [String]) -> String {
    var command: [String] = []
    var isPlace = false
    for word in words {
      defer { isPlace = ["-o", "--output"].contains(word) }
      let isOption =
        isPlace || ["-o", "--output"].contains { word == $0 || word.hasPrefix($0 + "=") }
      if !isOption { command.append(ShellWord.quoted(withoutFolders(word))) }
    }
    return command.joined(separator: " ")
  }

  /// `word`, with a path in it reduced to its last component. The path may follow `--option=` or
  /// `key=`.
  private static func withoutFolders(_ word: String) -> String {
    guard let slash = word.firstIndex(of: "/") else { return word.hasPrefix("~") ? "~" : word }
    let start = word[..<slash].lastIndex(of: "=").map { word.index(after: $0) } ?? word.startIndex
    return String(word[..<start] + (word[start...].split(separator: "/").last ?? "/"))
  }
}
