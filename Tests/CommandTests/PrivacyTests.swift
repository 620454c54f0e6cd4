import Foundation
import Testing

/// A bundle says nothing about the person who made it.
@Suite struct PrivacyTests {
  private static let config = "task: {name: sparse-parity}\nmax_steps: 3\nmodel: {width: 16}\n"

  @Test(arguments: [
    "run ../alice.smith/secret-project/c.yaml -o ../alice.smith/secret-project/a",
    "run \"$PWD/../alice.smith/secret-project/c.yaml\" --output=\"$PWD/../alice.smith/a\"",
    "run ../alice.smith/secret-project/c.yaml -o=../alice.smith/b",
  ])
  func noHostNoUserAndNoFolderGoesIntoABundle(command: String) throws {
    let folder = TemporaryFolder()
    let script = """
      mkdir -p alice.smith/secret-project work; cd work
      printf '%s' '\(Self.config)' > ../alice.smith/secret-project/c.yaml
      "$R" \(command) --quiet > /dev/null || exit 1
      run=$(dirname "$(find .. -name run.json)")
      "$R" pack "$run" -o ../b.tar.zst > /dev/null && "$R" extract ../b.tar.zst -o ../tree
      hostname
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    let host = answer.output.split(separator: "\n").last.map(String.init) ?? "?"
    let found = try Program.shell(
      "grep -rlF -e alice -e secret-project -e regrok.example -e '\(folder.path)' tree; "
        + "grep -rlwF -e '\(host)' tree; "
        + "grep -o 'regrok run[^\"]*' tree/data/ro-crate-metadata.json",
      in: folder.path)
    #expect(found.output == "regrok run c.yaml --quiet\n")
  }

  @Test func aSweepNamesItsPlanWithoutItsFolder() throws {
    let folder = TemporaryFolder()
    folder.put(
      """
      set: {task.name: sparse-parity, max_steps: 3, model.width: 16}
      experiments: [{name: e, seeds: 1}]
      """, "plan.yaml")
    let script = """
      mkdir -p home/alice; mv plan.yaml home/alice; "$R" sweep home/alice/plan.yaml > /dev/null &&
      "$R" extract home/alice/*.tar.zst -o tree > /dev/null && grep -rl alice tree
      grep -o 'regrok sweep[^"]*' tree/data/ro-crate-metadata.json
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.output == "regrok sweep plan.yaml\n", "\(answer.error)")
  }
}
