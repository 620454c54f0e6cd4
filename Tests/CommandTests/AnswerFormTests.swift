import RunRecords
import Testing

/// Compares what commands answer with `--json` with what `regrok help json` says.
@Suite(.serialized) struct AnswerFormTests {
  private static let folder: TemporaryFolder = {
    let folder = TemporaryFolder()
    let runs = SealedRuns.shared.path
    for name in [
      "a.tar.zst", "b.tar.zst", "thin.tar.zst", "forged.tar.zst", "claims.yaml", "c.yaml",
    ] {
      _ = try? Program.shell("cp '\(runs)/\(name)' .", in: folder.path)
    }
    folder.put("set: {checkpoint_interval: 0, \(settings)}\n" + experiments, "plan.yaml")
    folder.put("program: p.yaml\nexperiments: [{name: a, grid: {lr: [1, 2]}}]\n", "programs.yaml")
    folder.put("run: [sh, train.sh]\ninputs: [train.sh]\nconfig: {lr: 0.5}\n", "p.yaml")
    folder.put("run: [sh, -c, exit 3]\ninputs: []\n", "bad.yaml")
    folder.put(train("1"), "train.sh")
    let script = """
      set -e
      "$R" record -f p.yaml -o program --repeat 2; "$R" pack program
      "$R" record -f bad.yaml -o bad || true; "$R" pack bad
      sed -i s/0.1/0.2/ train.sh; "$R" record -f p.yaml -o other; "$R" pack other
      cp -r '\(runs)/a' a; head -c 3000 a.tar.zst > cut; ssh-keygen -q -t ed25519 -N '' -f key
      echo '<script type="application/json" id="bundles">[]</script>' > empty.html
      echo "ada $(cat key.pub)" > allowed; "$R" pack a.tar.zst --sign key -o signed.tar.zst
      """
    let answer = try? Program.shell(script, in: folder.path)
    precondition(answer?.status == 0, "\(answer?.error ?? "")")
    return folder
  }()

  private static let settings = """
    task.name: modular-addition, task.modulus: 7, model.width: 16, model.heads: 2, \
    model.feedforward: 32, batch: 16, max_steps: 8, log_interval: 4
    """
  private static let experiments = "experiments: [{name: a, seeds: 1..2}]\n"

  private static func train(_ digit: String) -> String {
    """
    (echo step,loss; echo 0,0.\(digit); echo 1,0.05) > metrics.csv
    echo '{"best": 0.5}' > outcome.json; echo x > out.txt

    """
  }

  /// Commands, each with the forms that its answers have.
  @Test(
    arguments: [
      ("run c.yaml -o r", ["run, event start", "run, event row", "run, event end"]),
      ("run c.yaml -o r --resume", ["run, event end"]),
      ("run c.yaml -o r", ["failure"]),
      ("run c.yaml --set max_steps=x", ["failure"]),
      (
        "run c.yaml -o v --set optimizer.learning_rate=1e38",
        ["run, event start", "run, event end"]
      ),
      ("sweep plan.yaml -o s --dry-run --rate 9", ["sweep --dry-run"]),
      ("sweep plan.yaml -o s", ["sweep, event sealed", "sweep, event end"]),
      ("sweep plan.yaml -o s --status", ["sweep --status"]),
      ("sweep plan.yaml -o s --slurm 2 --rate 9", ["sweep --slurm"]),
      ("sweep plan.yaml -o s --clean", ["sweep --clean"]),
      ("sweep programs.yaml -o t", ["sweep, event sealed", "sweep, event end"]),
      (
        "sweep programs.yaml -o t --again", ["sweep, event same", "sweep, event end"]
      ),
      ("sweep nothere", ["failure"]),
      ("record -f p.yaml -o x1", ["record, event start", "record, event end"]),
      ("record -f bad.yaml -o x2", ["record, event start", "record, event end"]),
      ("record -f p.yaml --dry-run", ["record, event plan"]),
      ("record", ["failure"]),
      ("pack a -o x3", ["pack"]), ("pack program -o x4", ["pack"]),
      ("pack a.tar.zst --thin -o x5", ["pack"]), ("pack nothere", ["failure"]),
      ("verify a.tar.zst thin.tar.zst signed.tar.zst other.tar.zst", ["verify"]),
      ("verify a.tar.zst signed.tar.zst --allowed-signers allowed", ["verify"]),
      ("verify cut nothere", ["verify"]), ("verify", ["failure"]),
      ("extract a.tar.zst -o x6", ["extract"]), ("extract cut -o x7", ["failure"]),
      ("replay a.tar.zst", ["replay"]), ("replay forged.tar.zst", ["replay"]),
      ("replay a.tar.zst --sample 1", ["replay"]), ("replay a", ["replay"]),
      ("replay a.tar.zst --attest key", ["replay"]),
      ("replay program.tar.zst --execute --attest key", ["replay of a program"]),
      ("replay program.tar.zst", ["replay of a program, without --execute", "failure"]),
      ("replay program.tar.zst --execute", ["replay of a program"]),
      ("replay cut", ["failure"]),
      ("list .", ["list"]), ("list a --where seed=0", ["list"]), ("list nothere", ["failure"]),
      ("show a", ["show"]), ("show thin.tar.zst", ["show"]),
      ("show program", ["show of a program"]), ("show bad.tar.zst", ["show of a program"]),
      ("show cut", ["failure"]),
      ("diff a b.tar.zst", ["diff"]), ("diff a.tar.zst thin.tar.zst", ["diff"]),
      ("diff a.tar.zst forged.tar.zst --ignore checkpoint", ["diff"]),
      ("diff program.tar.zst other.tar.zst", ["diff of programs"]),
      ("diff program bad", ["diff of programs"]),
      ("diff program a", ["diff of a program and a run"]), ("diff a cut", ["failure"]),
      ("report . -o r.html", ["report"]), ("report cut -o r.html", ["failure"]),
      ("page a.tar.zst --template empty.html -o p.html", ["page"]),
      ("page cut --template empty.html -o q.html", ["failure"]),
      ("claims .", ["claims"]), ("claims nothere", ["failure"]),
      ("predict \(golden)", ["predict"]),
      ("predict \(golden) --calibrate a", ["failure"]), ("predict a", ["failure"]),
      ("spectrum a.tar.zst -o spectra", ["spectrum"]),
      ("spectrum a.tar.zst signed.tar.zst -o spectra", ["spectrum, what is not used", "spectrum"]),
      ("spectrum forged.tar.zst -o none", ["spectrum"]), ("spectrum cut", ["failure"]),
      ("claims . --why 1", ["claims"]),
      ("distance a b.tar.zst", ["distance"]),
      ("distance a forged.tar.zst", ["distance, of a run that is not what its record says"]),
      ("distance a cut", ["failure"]), ("nonsense", ["failure"]), ("show --nonsense", ["failure"]),
    ] as [(String, [String])])
  func everyAnswerHasItsForm(command: String, forms: [String]) throws {
    let answer = try Program.shell("\"$R\" \(command) --json", in: Self.folder.path)
    let all = try AnswerForm.all()
    var found: Set<String> = []
    for line in answer.output.split(separator: "\n") {
      let object = try CanonicalJSON(canonical: Array(line.utf8))
      let name: String
      if let event = object["event"]?.stringValue {
        name = "\(command.prefix { $0 != " " }), event \(event)"
      } else {
        let fitting = forms.first { all[$0]?.faults(in: object, all) == [] }
        name = try #require(fitting ?? forms.last)
      }
      let form = try #require(all[name], "\(name) is not described")
      #expect(form.faults(in: object, all) == [], "\(name): \(line)")
      found.insert(name)
    }
    // How often a program's rows are reported depends on timing.
    #expect(found.subtracting(["record, event rows"]) == Set(forms))
  }

  @Test func theHelpSaysWhatCommandsAreThereAreTo() throws {
    let help = try Program.run("help", "json", in: "/").output
    let root = try Program.run("--help", in: "/").output
    let commands = root.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first }.filter { !$0.hasPrefix("-") && $0 != "See" }
    #expect(commands.count == 17)
    for command in commands where command != "numerics" {
      #expect(
        help.contains("\n\(command):\n") || help.contains("\n\(command), event"), "\(command)")
    }
  }

  private static let golden =
    #filePath.split(separator: "/").dropLast(3)
    .reduce("") { $0 + "/" + $1 } + "/bundles/golden/base.tar.zst"
}

/// The keys of an answer, as the help lists them.
private struct AnswerForm {
  var name: String
  var isOptional = false
  var types: Set<String> = []
  /// The members of an object, or of the objects of a list.
  var members: [AnswerForm] = []

  /// The forms in `regrok help json`, by name.
  static func all() throws -> [String: AnswerForm] {
    let lines = try Program.run("help", "json", in: "/").output.split(separator: "\n")
      .drop { $0 != "failure:" }
    var forms: [String: AnswerForm] = [:]
    var open: [AnswerForm] = []
    func close(to depth: Int) {
      while open.count > max(depth, 1) {
        let last = open.removeLast()
        open[open.count - 1].members.append(last)
      }
      if depth == 0, let form = open.popLast() { forms[form.name] = form }
    }
    for line in lines {
      let depth = line.prefix { $0 == " " }.count / 2
      close(to: depth)
      let words = line.split(separator: " ")
      if depth == 0 {
        open = [AnswerForm(name: String(line.dropLast()))]
      } else {
        let types = words.dropFirst().joined(separator: " ").split(separator: " or ")
        open.append(
          AnswerForm(
            name: words[0].filter { $0 != "?" }, isOptional: words[0].hasSuffix("?"),
            types: Set(types.map(String.init))))
      }
    }
    close(to: 0)
    return forms
  }

  private static func isReference(_ form: AnswerForm) -> Bool {
    form.types.isEmpty && form.name.allSatisfy { $0.isUppercase }
  }

  private func resolved(_ all: [String: AnswerForm]) -> [AnswerForm] {
    members.flatMap { member -> [AnswerForm] in
      guard Self.isReference(member) else { return [member] }
      return (all[member.name]?.resolved(all) ?? []).map { found in
        var found = found
        found.isOptional = found.isOptional || member.isOptional
        return found
      }
    }
  }

  /// What in a value does not fit this form; empty where all of it fits.
  func faults(in value: CanonicalJSON, _ all: [String: AnswerForm]) -> [String] {
    guard case .object(let object) = value else { return ["\(name): no object"] }
    let members = resolved(all)
    guard !members.isEmpty else { return [] }
    let known = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0) })
    var faults = members.filter { member in
      !member.isOptional && !object.keys.contains { $0.text == member.name }
    }.map { "\(name): \($0.name) is missing" }
    for (key, member) in object {
      guard let form = known[key.text] ?? known["*"] else {
        faults.append("\(name): \(key.text) is not described")
        continue
      }
      faults += form.faults(ofType: member, all)
    }
    return faults.sorted()
  }

  private func faults(ofType value: CanonicalJSON, _ all: [String: AnswerForm]) -> [String] {
    let fits = types.contains { Self.fits(value, $0) }
    guard fits else { return ["\(name): \(value.text) is not \(types.sorted())"] }
    switch value {
    case .object: return faults(in: value, all)
    case .array(let items) where types.contains("list of object"):
      return items.flatMap { faults(in: $0, all) }
    default: return []
    }
  }

  private static func fits(_ value: CanonicalJSON, _ type: String) -> Bool {
    switch (type, value) {
    case ("any", _), ("null", .null), ("boolean", .bool), ("text", .string), ("number", .number),
      ("object", .object), ("list of list", .array):
      true
    case ("integer", .number(let number)): number == number.rounded()
    case (_, .array(let items)) where type.hasPrefix("list of "):
      items.allSatisfy { fits($0, String(type.dropFirst("list of ".count))) }
    default: false
    }
  }
}
