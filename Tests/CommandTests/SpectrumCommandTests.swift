import Foundation
import RunRecords
import Testing

@Suite struct SpectrumCommandTests {
  private func ask(_ script: String) throws -> Program.Answer {
    try Program.shell(script, in: SealedRuns.shared.path)
  }

  @Test func aThinBundleGivesTheSpectraOfAFullOne() throws {
    let folder = TemporaryFolder()
    let thin = try ask("\"$R\" spectrum thin.tar.zst -o \(folder.path)/thin --every 6 --jobs 1")
    #expect(thin.status == 0 && thin.error.isEmpty)
    #expect(thin.output.contains(": 14 spectra, replay identical"))
    let full = try ask(
      "\"$R\" spectrum a.tar.zst b.tar.zst -o \(folder.path)/full --every 6 --jobs 3 --json")
    #expect(full.status == 0)
    let lines = full.output.split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines {
      let json = try CanonicalJSON(canonical: Array(line.utf8))
      #expect(json["rows"] == 14 && json["file"] == "written")
      #expect(json["replay"]?["verdict"] == "identical")
    }
    let same = try ask(
      "cmp \(folder.path)/thin/*.csv \(folder.path)/full/$(ls \(folder.path)/thin)")
    #expect(same.status == 0)
    let rows = try ask("cat \(folder.path)/thin/*.csv").output.split(separator: "\n")
    #expect(rows.count == 15)
    // Steps 0, 6, … 36; modulus 7 has the bins 0 to 3.
    #expect(rows[14].split(separator: ",")[1] == "36" && rows[14].split(separator: ",").count == 9)
    let digests = try ask("cut -d, -f2 a/trace/hashes.csv | sed -n 2p").output
    #expect(digests == rows[1].split(separator: ",")[2] + "\n")

    // An existing file is compared, never overwritten.
    let again = try ask("\"$R\" spectrum thin.tar.zst -o \(folder.path)/thin --every 6")
    #expect(again.status == 0 && again.output.contains("the same file was there"))
    let other = try ask("\"$R\" spectrum thin.tar.zst -o \(folder.path)/thin --every 7")
    #expect(other.status == 1 && other.output.contains("the file there is another"))
    #expect(try ask("cat \(folder.path)/thin/*.csv").output.split(separator: "\n") == rows)
  }

  @Test func aDifferenceGivesNoSpectra() throws {
    let folder = TemporaryFolder()
    let answer = try ask("\"$R\" spectrum forged.tar.zst -o \(folder.path)/s")
    #expect(answer.status == 1)
    #expect(answer.output.contains("no spectra") && answer.output.contains("step 16"))
    #expect(try ask("ls \(folder.path)/s").output.isEmpty)
  }

  @Test func mistakesAreToldInOneLine() throws {
    for (arguments, status) in [
      ("a", 64), ("absent.tar.zst", 74), ("c.yaml", 2),
      ("a.tar.zst --every 0", 64), ("a.tar.zst --resolution 3", 64),
      ("a.tar.zst --resolution 8x1", 64), ("a.tar.zst --jobs 0", 64), ("", 64),
    ] as [(String, Int32)] {
      let answer = try ask("\"$R\" spectrum \(arguments) ")
      #expect(answer.status == status, "\(arguments)")
      #expect(answer.error.split(separator: "\n").count == 1, "\(arguments)")
    }
  }

  @Test func twoResultsOfOneConfigWouldHaveOneName() throws {
    let folder = TemporaryFolder()
    let answer = try ask("\"$R\" spectrum a.tar.zst forged.tar.zst -o \(folder.path)/s")
    #expect(answer.status == 64 && answer.output.isEmpty)
    #expect(answer.error.hasSuffix("so their spectra would get the same file name\n"))
  }

  @Test func claimsTakeOnlySpectraOfTheirBundles() throws {
    let folder = TemporaryFolder()
    let there = folder.path
    let made = try ask(
      "cp a.tar.zst claims.yaml \(there)/ && \"$R\" spectrum \(there)/a.tar.zst --every 10")
    #expect(made.status == 0 && made.output.hasPrefix("\(there)/spectra/"))
    #expect(try ask("\"$R\" claims \(there)").status == 0)
    let foreign = try ask(
      "rm \(there)/a.tar.zst && cp b.tar.zst \(there)/ && \"$R\" claims \(there)")
    #expect(foreign.status == 0 && foreign.error.contains("of none of the bundles"))
    #expect(try ask("\"$R\" claims \(there) --strict").status == 2)
    let damaged = try ask(
      "echo x > \(there)/spectra/x.csv; rm \(there)/spectra/[!x]*; \"$R\" claims \(there)")
    #expect(damaged.status == 0)
    #expect(damaged.error == "regrok: left out: \(there)/spectra/x.csv: not a file of spectra\n")
  }

  /// Of two bundles with one result the first is counted. If it is damaged, the other is measured.
  @Test func aDamagedCopyHidesNoSoundOne() throws {
    let folder = TemporaryFolder()
    let there = folder.path
    let script = """
      cp a.tar.zst \(there)/1.tar.zst; cp thin.tar.zst \(there)/2.tar.zst
      size=$(stat -c %s \(there)/1.tar.zst)
      printf '\\377\\377\\377\\377' | dd of=\(there)/1.tar.zst bs=1 seek=$((size - 2000)) \
      conv=notrunc 2> /dev/null
      "$R" verify \(there)/1.tar.zst 2> /dev/null && exit 9
      "$R" show \(there)/1.tar.zst > /dev/null || exit 8
      "$R" spectrum \(there)
      """
    let answer = try ask(script + " -o \(there)/s --every 20")
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains(": 4 spectra, replay identical"))
    let left = answer.error.split(separator: "\n").filter { $0.contains("left out: ") }
    #expect(left.count == 1 && left[0].contains("1.tar.zst: "), "\(answer.error)")
    #expect(
      left.first?.hasSuffix(
        "; \(there)/2.tar.zst, which holds the same result, is measured instead") == true)
    let json = try ask("\"$R\" spectrum \(there) -o \(there)/t --every 20 --json").output
    let first = try CanonicalJSON(canonical: Array(json.prefix { $0 != "\n" }.utf8))
    #expect(first["counted_once"] == .array([]))
    guard case .array(let leftOut)? = first["left_out"] else {
      Issue.record("\(json)")
      return
    }
    #expect(leftOut.map { $0["path"] } == [.string("\(there)/1.tar.zst")])
    let strict = try ask("\"$R\" spectrum \(there) -o \(there)/u --strict")
    #expect(strict.status == 2 && strict.output.isEmpty)
    #expect(strict.error.contains("regrok: \(there)/1.tar.zst: "))
    // Where no copy is sound, nothing can be measured.
    let none = try ask("cp \(there)/1.tar.zst \(there)/2.tar.zst; \"$R\" spectrum \(there)")
    #expect(none.status == 2 && none.output.isEmpty)
  }

  /// One parity run among the others does not stop the command.
  @Test func whatHasNoSpectraIsLeftOut() throws {
    let folder = TemporaryFolder()
    folder.put(
      "task: {name: sparse-parity, bits: 6, train_samples: 40, validation_samples: 40}\n"
        + "model: {width: 16}\nbatch: 8\nmax_steps: 4\nlog_interval: 2\ncheckpoint_interval: 0\n",
      "parity.yaml")
    let script = """
      set -e
      there=\(folder.path)
      "$R" run $there/parity.yaml -o $there/p --quiet > /dev/null
      "$R" pack $there/p -o $there/p.tar.zst > /dev/null
      cp a.tar.zst thin.tar.zst $there/; head -c 3000 b.tar.zst > $there/cut.tar.zst
      "$R" spectrum $there -o $there/s --every 20 --json
      """
    let answer = try ask(script)
    #expect(answer.status == 0)
    let lines = answer.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[1].contains("\"file\":\"written\""))
    for part in [
      "p.tar.zst\",\"reason\":\"its task is neither addition", "cut.tar.zst\",\"reason\":\"",
      "/thin.tar.zst\"}",
    ] {
      #expect(lines[0].contains(part), "\(lines[0])")
    }
  }
}
