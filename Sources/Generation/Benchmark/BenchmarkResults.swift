import Foundation

/// What a benchmark found.
public struct BenchmarkResults: Codable, Sendable {
  /// A sampler with a budget of evaluations.
  public struct Row: Codable, Sendable {
    public let sampler: String
    public let title: String
    /// Whether it solves the reference's equation: neither stochastic nor guided in a way of its own.
    public let isComparable: Bool
    public let budget: Int
    public let steps: Int
    /// The calls that were really made, on average.
    public let evaluations: Double
    /// The relative root mean square error of the final latents; nil where it does not apply, or the run diverged.
    public var error: Double?
    /// How the error fell from the budget before: by the budgets' ratio to this power.
    public var order: Double?
    /// The sliced Wasserstein distance from the distribution that should be sampled.
    public let distance: Double?
    /// For one picture's latents, on average.
    public let seconds: Double
    /// Bytes of the process.
    public let peakMemory: Int?
    /// Seconds a step beside the network, and bytes that each further step leaves allocated, at 64×64×4.
    public let overhead: Double?
    public let growth: Double?
  }

  /// What was taken for the exact solution, and how far other solutions are from it.
  public struct Reference: Codable, Sendable {
    public let sampler: String
    public let steps: Int
    /// The timestep at which runs start.
    public let start: Int
    public let differenceOfHalf: Double?
    public let differenceOfDDIM: Double?
  }

  public let model: String
  /// Nil: the same levels for all samplers.
  public let schedule: String?
  public let guidanceScale: Float
  public let prompts: [String]
  public let seeds: [UInt64]
  public let budgets: [Int]
  public let reference: Reference
  /// The distance between exact samples.
  public let distanceFloor: Double
  public let rows: [Row]

  /// The samplers in the order of their rows.
  var samplers: [String] {
    var seen: Set<String> = []
    return rows.map(\.sampler).filter { seen.insert($0).inserted }
  }

  func row(_ sampler: String, _ budget: Int) -> Row? {
    rows.first { $0.sampler == sampler && $0.budget == budget }
  }

  /// The rows as comma-separated values, with a heading.
  public var csv: String {
    let heading =
      "sampler,budget,steps,evaluations,error,order,distance,seconds,peak_memory_bytes,overhead_seconds,"
      + "growth_bytes"
    func text(_ value: (some CustomStringConvertible)?) -> String { value.map(\.description) ?? "" }
    let lines = rows.map { row in
      [
        row.sampler, "\(row.budget)", "\(row.steps)", "\(row.evaluations)", text(row.error),
        text(row.order), text(row.distance), "\(row.seconds)", text(row.peakMemory), text(row.overhead),
        text(row.growth),
      ].joined(separator: ",")
    }
    return ([heading] + lines).joined(separator: "\n") + "\n"
  }
}
