import Archive
import Bundles
import Digests
import Replay
import RunRecords

/// The tables of a page.
extension RunComparison {
  /// What differs: a column for each of few runs, a row for each of many.
  ///
  /// - Parameter withConfigs: Else only what came of them.
  func differenceTable(withConfigs: Bool = true) -> String {
    let keys = withConfigs ? tellingKeys : []
    var facts: [(name: String, text: (Int) -> String)] = keys.map { key in
      (key, { HTML.escaped(self.value(key, of: $0)) })
    }
    facts += outcomes.map { fact in (fact.name, { HTML.escaped(fact.text($0)) }) }
    if runs.count <= 3 {
      let rows = facts.map { fact in
        ["\(HTML.escaped(fact.name))"] + runs.indices.map(fact.text)
      }
      return Page.table([""] + labels.map(HTML.escaped), rows)
    }
    let rows = runs.indices.map { place in
      ["<a href=\"#\(Self.anchor(place))\">\(HTML.escaped(labels[place]))</a>"]
        + facts.map { $0.text(place) }
    }
    return Page.table([""] + facts.map { HTML.escaped($0.name) }, rows, class: "runs")
  }

  /// A table of the groups, if it says more than the table of the runs.
  var groupTable: String {
    guard groups.count < runs.count, !trainers.isEmpty else { return "" }
    let note =
      "<p class=\"note\">Runs that did not grok count in the median of T_grok as censored at their "
      + "last logged step (Kaplan and Meier); the means are over the runs that have the value.</p>"
    return "<h2>By \(HTML.escaped(key ?? "all"))</h2>\n"
      + Page.table(
        [HTML.escaped(key ?? "")] + Self.groupHeader, groupRows.map { $0.map(HTML.escaped) })
      + note + "\n"
  }

  /// T_mem, T_grok and V_mem depend on how often a run was logged.
  var intervalNote: String {
    let intervals = Set(trainers.map { $0.config["log_interval"]?.plainText ?? "?" })
    guard intervals.count > 1 else { return "" }
    let texts = intervals.sorted { ($0.count, $0) < ($1.count, $1) }.map(HTML.escaped)
    return
      "<p class=\"note\">The runs are logged every \(texts.joined(separator: ", ")) steps. T_mem, "
      + "T_grok and V_mem depend on that: compare them at equal intervals.</p>\n"
  }

  var commonTable: String {
    guard !common.isEmpty else { return "" }
    let rows = common.map { [HTML.escaped($0.key), HTML.escaped($0.value)] }
    return
      "<details><summary>What all of the configs say</summary>\(Page.table([], rows))</details>\n"
  }

  /// Where each run comes from: its path and both identities.
  ///
  /// - Parameter witnesses: What is said of results by those who performed the runs again.
  func sources(_ witnesses: [Digest: Witnesses] = [:]) -> String {
    runs.indices.map { place in
      let run = runs[place]
      var facts = ["run <code>\(run.runID)</code>"]
      if let identities = run.identities {
        facts.append("bundle <code>\(identities.bundle.hex)</code>")
        facts.append("result <code>\(identities.result.hex)</code>")
        facts += witnesses[identities.result]?.htmlLines ?? []
      } else {
        facts.append("a run directory, which has no identity")
      }
      return
        "<p class=\"source\" id=\"\(Self.anchor(place))\"><b>\(HTML.escaped(labels[place]))</b> "
        + "<code>\(HTML.escaped(run.path))</code><br>\(facts.joined(separator: "<br>"))</p>\n"
    }.joined()
  }
}
