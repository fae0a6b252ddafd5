import ArgumentParser
import Samplers

struct ListSamplers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "samplers", abstract: "List the samplers and schedules.")

  @Flag(name: .long, help: "Print one line of JSON on standard output.")
  var json = false

  @Flag(name: .long, help: "List the schedules alone.")
  var schedules = false

  private struct Entry: Encodable {
    let name: String
    let title: String
    let aliases: [String]
    let order: Int
    let evaluationsPerStep: Int
    let evaluations: String
    let stochastic: Bool
    let schedules: [String]
    let summary: String
    let paper: String
  }

  private struct Schedule: Encodable {
    let name: String
    let aliases: [String]
    let summary: String
    let origin: String
  }

  func run() throws {
    let entries = SamplerCatalog.all.map {
      Entry(
        name: $0.name, title: $0.title, aliases: $0.aliases, order: $0.order,
        evaluationsPerStep: $0.evaluationsPerStep, evaluations: $0.evaluations,
        stochastic: $0.isStochastic, schedules: $0.schedules.map(\.rawValue), summary: $0.summary,
        paper: $0.paper)
    }
    let schedules = ScheduleName.allCases.map {
      Schedule(name: $0.rawValue, aliases: $0.aliases, summary: $0.summary, origin: $0.origin)
    }
    if json { return self.schedules ? try printJSON(schedules) : try printJSON(entries) }
    if !self.schedules { list(entries) }
    list(schedules)
  }

  private func list(_ entries: [Entry]) {
    print(Self.row(["sampler", "order", "evaluations", "noise", "what it is"], [22, 6, 12, 6]))
    for entry in entries {
      print(
        Self.row(
          [
            entry.name, "\(entry.order)", entry.evaluations, entry.stochastic ? "yes" : "no",
            "\(entry.summary) (\(entry.paper))",
          ], [22, 6, 12, 6]))
      print("  also: \(entry.aliases.joined(separator: ", "))")
      print("  schedules: \(Self.names(of: entry.schedules))")
    }
    print("\nevaluations: of the network, for N steps. A name may end in a schedule: \"DPM++ 2M Karras\".\n")
  }

  private func list(_ schedules: [Schedule]) {
    print(Self.row(["schedule", "from", "what it is"], [18, 18]))
    for schedule in schedules {
      let aliases = schedule.aliases.isEmpty ? "" : " (also \(schedule.aliases.joined(separator: ", ")))"
      print(Self.row([schedule.name, schedule.origin, schedule.summary + aliases], [18, 18]))
    }
  }

  /// Most samplers have all that there are.
  private static func names(of schedules: [String]) -> String {
    let others = ScheduleName.allCases.map(\.rawValue).filter { !schedules.contains($0) }
    if others.isEmpty { return "all" }
    return others.count < 4
      ? "all but \(others.joined(separator: ", "))" : schedules.joined(separator: ", ")
  }

  private static func row(_ columns: [String], _ widths: [Int]) -> String {
    zip(columns, widths).map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }.joined()
      + columns[widths.count]
  }
}
