import Foundation

extension BenchmarkResults {
  /// The results as a table for terminals and Markdown, the best sampler at the largest budget first.
  public var table: String {
    let comparable = samplers.filter { name in rows.contains { $0.sampler == name && $0.isComparable } }
    let byError = sorted(comparable) { $0.error }
    let byDistance = sorted(samplers) { $0.distance }
    let hasOverhead = rows.contains { $0.overhead != nil }
    var text = ""
    if !byError.isEmpty {
      text +=
        "Relative error of the latents against \(reference.sampler) with \(reference.steps) steps, by evaluations"
      text += " (model \(model), guidance \(guidanceScale), \(prompts.count * seeds.count) runs each)\n"
      text += checks + "\n\n"
      let heading =
        ["sampler"] + budgets.map { "\($0)" } + ["order", "s", "MB"] + (hasOverhead ? ["ms/step"] : [])
      text += Self.aligned([heading] + byError.map(errorLine))
    }
    text += "\nSliced Wasserstein distance from a mixture of two Gaussians, by evaluations (exact samples: "
    text += Self.digits(distanceFloor) + ")\n\n"
    text += Self.aligned(
      [["sampler"] + budgets.map { "\($0)" }]
        + byDistance.map { name in
          [name]
            + budgets.map { budget in row(name, budget).map { $0.distance.map(Self.digits) ?? "∞" } ?? "–" }
        })
    return text
  }

  /// How good the reference is.
  private var checks: String {
    let parts = [
      reference.differenceOfHalf.map { "with half the steps it differs by \(Self.digits($0))" },
      reference.differenceOfDDIM.map { "DDIM with as many by \(Self.digits($0))" },
    ]
    return "(\(parts.compactMap(\.self).joined(separator: ", ")))"
  }

  private func errorLine(_ name: String) -> [String] {
    let own = rows.filter { $0.sampler == name }
    let errors = budgets.map { budget in row(name, budget).map { $0.error.map(Self.digits) ?? "∞" } ?? "–" }
    let last = own.last
    var line =
      [name] + errors + [
        own.last { $0.order != nil }?.order.map { String(format: "%.1f", $0) } ?? "–",
        last.map { String(format: "%.2f", $0.seconds) } ?? "–",
        own.compactMap(\.peakMemory).max().map { "\($0 >> 20)" } ?? "–",
      ]
    if let overhead = last?.overhead {
      line.append(String(format: "%.3f", overhead * 1000))
    } else if rows.contains(where: { $0.overhead != nil }) {
      line.append("–")
    }
    return line
  }

  /// By the value at the largest budget that a sampler has one for.
  private func sorted(_ names: [String], by value: (Row) -> Double?) -> [String] {
    func last(_ name: String) -> Double { rows.last { $0.sampler == name }.flatMap(value) ?? .infinity }
    return names.sorted { last($0) < last($1) }
  }

  private static func digits(_ value: Double) -> String {
    value < 0.001 ? String(format: "%.1e", value) : String(format: "%.4f", value)
  }

  /// A Markdown table whose columns line up.
  private static func aligned(_ lines: [[String]]) -> String {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }
      return "| " + padded.joined(separator: " | ") + " |\n"
    }
    let rule = widths.enumerated().map {
      String(repeating: "-", count: $1 + 1) + ($0 == 0 ? "-" : ":")
    }
    return line(lines[0]) + "|" + rule.joined(separator: "|") + "|\n"
      + lines.dropFirst().map(line).joined()
  }
}
