import Foundation
import RunRecords
import TestSupport
import Testing

/// Directories with many kinds of files, given to every command that searches one.
@Suite struct CollectionTests {
  /// Good runs, and beside them the kinds of files that people's directories hold.
  private static func folder() throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    let script = """
      set -e; there=\(folder.path); mkdir -p $there/set/deep $there/set/.work $there/set/empty
      cp -r a claims.yaml $there/set/; cp a.tar.zst b.tar.zst $there/set/deep/
      cp b.tar.zst $there/set/copy.tar.zst
      head -c 4096 /dev/zero > $there/set/._b.tar.zst; \
      cp $there/set/._b.tar.zst $there/set/zero.tar.zst
      touch $there/set/.DS_Store $there/set/.x.tar.zst.partial $there/set/notes.txt
      cp b.tar.zst $there/set/.work/hidden.tar.zst
      head -c 5000 a.tar.zst > $there/set/cut.tar.zst
      mkdir $there/set/old.tar.zst; mkfifo $there/set/pipe.tar.zst
      ln -s ../../a.tar.zst $there/set/annexed.tar.zst; ln -s deep $there/set/again; \
      ln -s set $there/link
      cp -r b $there/set/unfinished; rm $there/set/unfinished/outcome.json
      cp -r b $there/set/other; sed -i 's/"numerics":1/"numerics":2/' $there/set/other/config.json
      """
    let answer = try Program.shell(script, in: SealedRuns.shared.path)
    #expect(answer.status == 0, "\(answer.error)")
    return folder
  }

  private static let unusable = [
    "again", "annexed.tar.zst", "cut.tar.zst", "old.tar.zst", "other", "pipe.tar.zst",
    "zero.tar.zst",
  ]

  private func json(_ answer: Program.Answer) throws -> CanonicalJSON {
    try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
  }

  private func paths(_ json: CanonicalJSON?, _ key: String = "path") -> [String] {
    guard case .array(let items)? = json else { return [] }
    return items.compactMap { $0[key]?.stringValue.map { ($0 as NSString).lastPathComponent } }
  }

  @Test func theRestIsUsedAndWhatIsLeftOutIsNamed() throws {
    let folder = try Self.folder()
    // A link that the user names is followed; its path may end in a slash.
    for given in ["set", "link", "link/", "./set//"] {
      let answer = try Program.run("report", given, "-o", "r.html", "--json", in: folder.path)
      #expect(answer.status == 0)
      let json = try json(answer)
      #expect(paths(json["left_out"]).sorted() == Self.unusable)
      // The directory `a` is the same run as its bundle, which lies deeper; the copy is the first
      // of `b`.
      #expect(paths(json["runs"]) == ["a.tar.zst", "copy.tar.zst", "unfinished"])
      #expect(paths(json["counted_once"]) == ["a", "b.tar.zst"])
      let lines = answer.error.split(separator: "\n")
      #expect(lines.count == Self.unusable.count + 2)
      #expect(lines.allSatisfy { $0.hasPrefix("regrok: ") })
    }
    let claims = try Program.run("claims", "set", "--json", in: folder.path)
    #expect(claims.status == 0)
    #expect(
      try paths(json(claims)["left_out"]).sorted() == (Self.unusable + ["unfinished"]).sorted())
  }

  @Test func strictMeansAll() throws {
    let folder = try Self.folder()
    for command in ["report set -o r.html", "claims set", "spectrum set"] {
      let answer = try Program.shell("\"$R\" \(command) --strict", in: folder.path)
      // The first in the order 74 (unreadable), 2 (damaged), 4.
      #expect(answer.status == 74, "\(command)")
      #expect(answer.output.isEmpty && answer.error.hasSuffix("--strict is set\n"))
      #expect(folder.content("r.html") == nil)
    }
  }

  @Test(arguments: [
    "report X -o r.html", "claims X --claims c.yaml", "spectrum X", "predict a --calibrate X",
  ])
  func whatCannotBeOpenedIsNeverEmpty(command: String) throws {
    let folder = TemporaryFolder()
    let script = """
      cp -r \(SealedRuns.shared.path)/b a; cp \(SealedRuns.shared.path)/claims.yaml c.yaml; \
      mkdir empty bad; echo x > bad/x.tar.zst
      mkdir other; cp -r a other/o; sed -i 's/"numerics":1/"numerics":2/' other/o/config.json
      """
    #expect(try Program.shell(script, in: folder.path).status == 0)
    for (path, status, text) in [
      ("absent", 74, "absent: No such file or directory"),
      ("empty", 74, "empty: no run in this directory or below it"),
      ("bad", 2, "bad/x.tar.zst: too-short: "), ("other", 4, "other/o: "),
      ("other/o", 4, "other/o: "),
    ] as [(String, Int32, String)] {
      let answer = try Program.shell(
        "\"$R\" " + command.replacing("X", with: path), in: folder.path)
      #expect(answer.status == status, "\(command) \(path): \(answer.error)")
      #expect(answer.error.hasPrefix("regrok: \(text)"), "\(command): \(answer.error)")
      #expect(answer.error.split(separator: "\n").count == 1 && answer.output.isEmpty)
    }
    #expect(try Program.shell("\"$R\" predict other/o", in: folder.path).status == 4)
    if getuid() != 0 { return }
    // Root can read everything, so the command runs as another user.
    let answer = try Program.shell(
      "mkdir closed; chmod 000 closed; cp \"$R\" regrok; chmod 777 . regrok; chmod a+r *.yaml; "
        + "setpriv --reuid 65534 --clear-groups ./regrok "
        + command.replacing("X", with: "closed"), in: folder.path)
    #expect(answer.status == 74, "\(answer.error)")
    #expect(answer.error == "regrok: closed: Permission denied\n", "\(answer.error)")
  }

  /// Nothing is damaged, but it cannot be done with such a run.
  @Test func aSoundRunOfAnotherKindIsNotDamaged() throws {
    let folder = TemporaryFolder()
    let script = """
      set -e; runs=\(SealedRuns.shared.path); mkdir mix; cp -r $runs/b a; cp $runs/claims.yaml mix
      "$R" record -o p --no-input -- sh -c 'printf "step,loss\n0,1\n" > "$RUN_OUTPUT/metrics.csv"'
      "$R" pack p -o p.tar.zst; cp $runs/a.tar.zst p.tar.zst mix
      """
    let made = try Program.shell(script, in: folder.path)
    #expect(made.status == 0, "\(made.error)")
    for command in [
      "spectrum p.tar.zst", "spectrum p", "spectrum mix --strict",
      "predict a --calibrate mix --strict", "predict p.tar.zst", "predict p", "distance a p",
      "claims mix --strict",
    ] {
      let answer = try Program.shell("\"$R\" \(command)", in: folder.path)
      #expect(answer.status == 4, "\(command): \(answer.error)")
      #expect(answer.error.contains("it is a program's run"), "\(command): \(answer.error)")
      #expect(answer.error.split(separator: "\n").count == 1 && answer.output.isEmpty)
    }
    // Damage beside it comes first, and before what is wrongly given.
    let worse = try Program.shell(
      "echo x > mix/x.tar.zst; cp -r a mix/a; \"$R\" spectrum mix --strict", in: folder.path)
    #expect(worse.status == 2, "\(worse.error)")
  }

  @Test func aNameWithEscapedCharactersIsSaidOnce() throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      """
      export LC_ALL=C.UTF-8; cp \(SealedRuns.shared.path)/a.tar.zst .; echo x > \u{e9}.tar.zst
      cp -r \(SealedRuns.shared.path)/b \u{e9}; echo x > \u{e9}/config.json; "$R" report . -o r.html
      """, in: folder.path)
    #expect(answer.status == 0)
    let lines = answer.error.split(separator: "\n").sorted()
    try #require(lines.count == 2)
    #expect(lines[0].hasPrefix("regrok: left out: ./\u{e9}.tar.zst: too-short: "))
    #expect(lines[1].hasPrefix("regrok: left out: ./\u{e9}: json: config.json: "), "\(lines[1])")
  }

  /// There are more bundles than files that may be open at once.
  @Test func filesAreOpenedOneAtATime() throws {
    let folder = TemporaryFolder()
    folder.put(SealedRuns.claims, "claims.yaml")
    folder.put(
      """
      preset: tiny
      set: {max_steps: 1, checkpoint_interval: 0}
      experiments: [{name: A, seeds: 1..70}]
      """, "plan.yaml")
    let script = """
      "$R" sweep plan.yaml > sweep.txt 2>&1 || exit 9
      ulimit -n 64
      "$R" report . -o r.html && "$R" claims .
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("r.html: 70 runs."))
  }

  @Test func namesThatAreNoTextAreLeftOut() throws {
    let folder = TemporaryFolder()
    let script = """
      cp \(SealedRuns.shared.path)/a.tar.zst .; cp a.tar.zst "$(printf 'caf\\351.tar.zst')"
      "$R" report . -o r.html
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0 && answer.output.contains("1 run."))
    #expect(answer.error.contains("its name is not UTF-8"))
  }
}
