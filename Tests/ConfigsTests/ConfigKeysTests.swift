import Configs
import RunRecords
import Testing

@Suite struct ConfigKeysTests {
  /// Each key that a config can have is listed, and each listed key can be set to its default.
  @Test func everyKeyIsListedWithADefaultThatAConfigTakes() throws {
    var listed: Set<String> = []
    for part in ConfigKeys.parts {
      for row in part.rows {
        listed.insert(row.key)
        let names = part.title.split(separator: ":")
        var overrides = ["task.name=modular-addition", "numerics=1"]
        if let section = names.first, names.count > 1 {
          let name = part.title.split(separator: " ").last?.dropLast() ?? ""
          overrides.append("\(section).name=\(name)")
          if section == "model", name == "mlp" { overrides.append("task.name=sparse-parity") }
        }
        if part.title.contains("modular-operation") { overrides.append("task.operation=x-y") }
        if part.title.contains("{name: sgd}") {
          overrides.append("optimizer.decay_convention=lambda")
        }
        guard !row.standard.isEmpty else { continue }
        let plain = try RunSpec(yaml: nil, overrides: overrides)
        let set = try RunSpec(yaml: nil, overrides: overrides + ["\(row.key)=\(row.standard)"])
        #expect(plain == set, "\(part.title) \(row.key)")
      }
    }
    let names = ["task.name", "model.name", "optimizer.name", "schedule.name"]
    #expect(listed.union(names) == Set(RunSpec.keys))
  }
}
