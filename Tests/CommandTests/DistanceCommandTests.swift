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
    #expect(answer.output.contains("never: equal to the bit"))
    #expect(answer.output.contains("7, up to step 36"))
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
    #expect(back.output.contains("apart from  step 20"))
  }

  @Test func aRunThatComesOutOtherwiseHasNoDistance() throws {
    let answer = try ask("\"$R\" distance a forged.tar.zst")
    #expect(answer.status == 1)
    #expect(answer.output.contains("step 16"))
    #expect(!answer.output.contains("apart from"))
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
