import ArgumentParser
import Samplers

struct ListSamplers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "samplers", abstract: "List the samplers and schedules.")

  @Flag(name: .long, help: "Print one line of JSON on standard output.")
  var json = false

  private struct Entry: Encodable {
    let name: String
    let aliases: [String]
    let order: Int
    let evaluationsPerStep: Int
    let stochastic: Bool
    let schedules: [String]
    let summary: String
    let paper: String
  }

  func run() throws {
    let entries = SamplerCatalog.all.map {
      Entry(
        name: $0.name, aliases: $0.aliases, order: $0.order, evaluationsPerStep: $0.evaluationsPerStep,
        stochastic: $0.isStochastic, schedules: $0.schedules.map(\.rawValue), summary: $0.summary,
        paper: $0.paper)
    }
    guard !json else { return try printJSON(entries) }
    func row(_ columns: [String]) -> String {
      let widths = [12, 6, 12, 11]
      let padded = zip(columns, widths).map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }
      return padded.joined() + columns[widths.count]
    }
    print(row(["sampler", "order", "evaluations", "stochastic", "what it is"]))
    for entry in entries {
      print(
        row([
          entry.name, "\(entry.order)", "\(entry.evaluationsPerStep)/step", entry.stochastic ? "yes" : "no",
          "\(entry.summary) (\(entry.paper))",
        ]))
      print("            also: \(entry.aliases.joined(separator: ", "))")
      print("            schedules: \(entry.schedules.joined(separator: ", "))")
    }
  }
}
