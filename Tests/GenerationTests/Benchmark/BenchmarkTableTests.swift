import Foundation
import Testing

@testable import Generation

@Suite struct BenchmarkTableTests {
  private let results: BenchmarkResults = {
    func row(_ name: String, _ budget: Int, error: Double?, distance: Double?, isComparable: Bool = true)
      -> BenchmarkResults.Row
    {
      BenchmarkResults.Row(
        sampler: name, title: name, isComparable: isComparable, budget: budget, steps: budget,
        evaluations: Double(budget), error: error, order: budget > 5 && error != nil ? 1.5 : nil,
        distance: distance,
        seconds: 0.25, peakMemory: 3 << 20, overhead: 0.0005, growth: 0)
    }
    return BenchmarkResults(
      model: "m", schedule: nil, guidanceScale: 5, prompts: ["a"], seeds: [0], budgets: [5, 10],
      reference: .init(
        sampler: "dpm++2m", steps: 900, start: 900, differenceOfHalf: 1e-4, differenceOfDDIM: 0.002),
      distanceFloor: 0.01,
      rows: [
        row("ddim", 5, error: 0.2, distance: 0.3), row("ddim", 10, error: 0.1, distance: 0.2),
        row("euler_a", 5, error: nil, distance: 0.1, isComparable: false),
        row("unipc", 5, error: 0.05, distance: 0.4), row("unipc", 10, error: 0.0001, distance: nil),
      ])
  }()

  @Test func theBestComeFirst() {
    let lines = results.table.split(separator: "\n").filter { $0.hasPrefix("|") }.map(String.init)
    #expect(
      lines == [
        "| sampler |      5 |      10 | order |    s | MB | ms/step |",
        "|---------|-------:|--------:|------:|-----:|---:|--------:|",
        "| unipc   | 0.0500 | 1.0e-04 |   1.5 | 0.25 |  3 |   0.500 |",
        "| ddim    | 0.2000 |  0.1000 |   1.5 | 0.25 |  3 |   0.500 |",
        "| sampler |      5 |     10 |",
        "|---------|-------:|-------:|",
        "| euler_a | 0.1000 |      – |",
        "| ddim    | 0.3000 | 0.2000 |",
        "| unipc   | 0.4000 |      ∞ |",
      ])
    #expect(results.table.contains("DDIM with as many by 0.0020"))
  }

  @Test func commaSeparatedValues() {
    let lines = results.csv.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines.allSatisfy { $0.filter { $0 == "," }.count == 10 })
    #expect(lines[1] == "ddim,5,5,5.0,0.2,,0.3,0.25,3145728,0.0005,0.0")
    #expect(lines[3].hasPrefix("euler_a,5,5,5.0,,,0.1,"))
  }
}
