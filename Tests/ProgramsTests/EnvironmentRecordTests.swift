import Files
import Foundation
import RunRecords
import Testing

@testable import Programs

@Suite struct EnvironmentRecordTests {
  @Test func onlyListedAndNamedVariablesAreRecorded() {
    let all = [
      "HOME": "/home/alice", "USER": "alice", "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "0",
      "XLA_FLAGS": "--xla_dump_to=/home/alice/dump", "MY_FLAG": "/home/alice/x", "PATH": "/bin",
      "MKL_CBWR": "AVX2",
    ]
    #expect(
      EnvironmentRecord.variables(of: all, named: ["MY_FLAG", "ABSENT"]) == [
        "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "0", "MKL_CBWR": "AVX2",
        "XLA_FLAGS": "--xla_dump_to=~/dump", "MY_FLAG": "/home/alice/x", "ABSENT": .null,
      ])
  }

  @Test(arguments: [
    ("/root", "~"), ("/root/x", "~/x"), ("a=/root:/root/b", "a=~:~/b"), ("/rootfs", "/rootfs"),
    ("/mnt/root", "/mnt~"), ("x,/root", "x,~"), ("-I/root/include", "-I~/include"),
    ("/root-2", "/root-2"), ("/root.old", "~.old"),
  ])
  func onlyTheHomeDirectoryItselfIsHidden(value: String, hidden: String) {
    #expect(HomeDirectory.hidden("/root", in: value) == hidden)
    #expect(HomeDirectory.restored("/root", in: hidden) == value)
  }

  @Test(arguments: ["~user", "a~1", "/~ada/y"])
  func anotherTildeStays(value: String) {
    #expect(HomeDirectory.restored("/root", in: value) == value)
  }

  @Test(arguments: [
    ("python", true), ("python3", true), ("/opt/x/bin/python3.12", true), ("pypy3", true),
    ("python-config", false), ("ipython", false), ("sh", false), ("pythonista", false),
  ])
  func aPythonIsKnownByItsName(program: String, expected: Bool) {
    #expect(EnvironmentRecord.isPython(program) == expected)
  }

  @Test func anInterpreterThatDoesNotAnswerSaysNothing() {
    #expect(EnvironmentRecord.python("false", variables: ["PATH=/usr/bin:/bin"]) == .null)
    #expect(EnvironmentRecord.python("no-such-python", variables: []) == .null)
  }

  @Test func adviceIsGivenWhereTorchIsAndNobodyAskedForDeterminism() throws {
    let folder = TemporaryDirectory()
    folder.write("import torch\n", to: "a.py")
    folder.write("torch.use_deterministic_algorithms(True)\n", to: "b.py")
    func advice(
      _ packages: CanonicalJSON, _ variables: [String: String], _ paths: [String]
    ) throws -> String? {
      var secrets = SecretCheck(allowed: [])
      return EnvironmentRecord.advice(
        python: ["packages": packages], variables: variables,
        inputs: try ProgramInputs.find(
          paths, in: folder.path, runDirectory: nil, secrets: &secrets))
    }
    #expect(try advice(["numpy": "2"], [:], ["a.py"]) == nil)
    #expect(try advice(["torch": "2"], ["PYTHONHASHSEED": "0"], ["a.py", "b.py"]) == nil)
    let both = try #require(try advice(["torch": "2"], [:], ["a.py"]))
    #expect(both.contains("PYTHONHASHSEED") && both.contains("use_deterministic_algorithms"))
  }

  #if canImport(Glibc)
    @Test func whatAProcessHasLoadedIsToldWithoutItsFolder() throws {
      var libraries = LoadedLibraries()
      libraries.look(at: processNumber(), after: 1)
      let digests = libraries.digests()
      #expect(digests.keys.contains { $0.text.hasPrefix("libc.so") })
      #expect(!digests.keys.contains { $0.text.contains("/") })
      #expect(digests.values.allSatisfy { $0.stringValue?.utf8.count == 64 })
    }
  #endif
}
