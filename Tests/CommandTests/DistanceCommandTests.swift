import Foundation
import RunRecords
import Testing

@Suite struct DistanceCommandTests {
  private func ask(_ script: String) throws -> Program.Answer {
    try Program.shell(script, in: SealedRuns.shared.path)
  }

  @Test func oneRunIsNowhereApartFromItself() throws {
    let answer = try ask("\"$R\" distance a thin.tar.zst --every 6 --jobs 2")
    #expect(answer.status == 0 && answer.error.isEmpty)
    #expect(answer.output.contains("at none of these 7 states: equal to the bit"))
    #expect(answer.output.contains("7, up to step 36"))
    let json = try ask("\"$R\" distance a thin.tar.zst --every 6 --json").output
    #expect(try CanonicalJSON(canonical: Array(json.utf8.dropLast()))["farthest_step"] == .null)
  }

  /// A fork equals its parent before the step of the change, and differs from that step on.
  @Test func aForkIsApartFromItsStepOn() throws {
    let folder = TemporaryFolder()
    let made = try ask(
      """
      (cat c.yaml; echo; echo 'at: [{step: 20, scale: {tensors: [head.weight], by: 2}}]') \
      > "\(folder.path)/f.yaml"
      "$R" run "\(folder.path)/f.yaml" -o "\(folder.path)/fork" --quiet
      """)
    #expect(made.status == 0)
    let answer = try ask(
      """
      "$R" distance a.tar.zst "\(folder.path)/fork" --every 4 -o "\(folder.path)/d.csv" --json
      """
    )
    #expect(answer.status == 0)
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    #expect(json["first_step_1_percent_apart"] == 20)
    let csv = try ask("cat \"\(folder.path)/d.csv\"").output.split(separator: "\n")
    try #require(csv.count == 11)
    #expect(csv[0] == "step,distance,norm")
    for line in csv.dropFirst() {
      let cells = line.split(separator: ",")
      let (step, distance) = (try #require(Int(cells[0])), try #require(Double(cells[1])))
      #expect((distance > 0) == (step >= 20))
    }
    // The distance is the same in both directions.
    let back = try ask("\"$R\" distance \"\(folder.path)/fork\" a.tar.zst --every 20")
    #expect(back.output.contains("first seen apart  at step 20 of the states measured: "))
  }

  /// The change acts after the last step that the interval divides.
  @Test func theLastCommonStepIsMeasured() throws {
    let folder = TemporaryFolder()
    let script = """
      (cat c.yaml; echo; echo 'at: [{step: 33, scale: {tensors: [head.weight], by: 2}}]') \
      > "\(folder.path)/f.yaml"
      "$R" run "\(folder.path)/f.yaml" -o "\(folder.path)/fork" --quiet > /dev/null
      "$R" distance a "\(folder.path)/fork" --every 10
      """
    let answer = try ask(script)
    #expect(answer.status == 0)
    #expect(answer.output.contains("5, up to step 36"), "\(answer.output)")
    #expect(answer.output.contains("first seen apart  at step 36 of the states measured: "))
    #expect(!answer.output.contains("never"))
  }

  @Test func aFileThatCannotBeWrittenIsToldBeforeAnythingIsPerformed() throws {
    let folder = TemporaryFolder()
    let file = folder.path + "/d.csv"
    for (before, reason) in [
      ("echo mine > \(file)", "it exists and is not an older report of this kind; --force"),
      (
        "echo step,distance,norm > \(file); chmod a-w \(file)",
        "it exists and is read-only; --force"
      ),
      ("mkdir \(file)", "it is a directory"),
      ("ln -s x \(file)", "it is a symbolic link, which is not replaced"),
      ("mkfifo \(file)", "it is not a regular file"),
    ] {
      // Nothing is performed, so it is not said either that the replay of the forgery differs.
      let answer = try ask(
        "\(before); \"$R\" distance a forged.tar.zst -o \(file); s=$?; rm -rf \(file); exit $s")
      #expect(answer.status == 74, "\(before)")
      #expect(answer.output.isEmpty)
      #expect(answer.error.hasPrefix("regrok: \(file): cannot be written: \(reason)"))
      #expect(answer.error.split(separator: "\n").count == 1)
    }
    let twice = try ask(
      """
      "$R" distance a b -o \(file) > /dev/null && "$R" distance a b -o \(file) > /dev/null && \
      echo mine > \(file) && "$R" distance a b -o \(file) --force > /dev/null && head -n 1 \(file)
      """)
    #expect(twice.output == "step,distance,norm\n", "\(twice.error)")
  }

  @Test func aRunThatComesOutOtherwiseHasNoDistance() throws {
    let answer = try ask("\"$R\" distance a forged.tar.zst")
    #expect(answer.status == 1)
    #expect(answer.output.hasPrefix("forged.tar.zst: different at step 16: validation_loss\n"))
    #expect(!answer.output.contains("first seen apart"))
    for (runs, path) in [("forged a", "forged"), ("a forged.tar.zst", "forged.tar.zst")] {
      let json = try ask("\"$R\" distance \(runs) --json").output
      let found = try CanonicalJSON(canonical: Array(json.utf8.dropLast()))
      #expect(found["path"] == .string(path))
      #expect(found["replay"]?["verdict"] == "different")
    }
  }

  @Test func mistakesAreToldInOneLine() throws {
    for (arguments, status) in [
      ("a", 64), ("a absent", 74), ("a b --every 0", 64), ("a b --jobs 0", 64),
      ("a b -o x.txt", 64), ("a c.yaml", 2),
    ] as [(String, Int32)] {
      let answer = try ask("\"$R\" distance \(arguments)")
      #expect(answer.status == status, "\(arguments)")
      #expect(answer.error.split(separator: "\n").count == 1, "\(arguments)")
    }
  }
}
