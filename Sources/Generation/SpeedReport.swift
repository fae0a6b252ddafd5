import Foundation
import Tensors

/// What a speed benchmark found.
public struct SpeedReport: Sendable, Encodable {
  /// One network: the median of its rounds, and by kind of operation.
  public struct Part: Sendable, Encodable {
    public struct Row: Sendable, Encodable {
      public let kind: String
      public let calls: Int
      public let seconds: Double
      /// Of all processors together.
      public let processorSeconds: Double
      /// 10⁹ multiplications and additions of the plain algorithm.
      public let gflop: Double
    }

    public let name: String
    public let seconds: Double
    public let fastest: Double
    public let slowest: Double
    /// Of all processors together: on a busy machine, what tells how fast the work is.
    public let processorSeconds: Double
    public let gflop: Double
    public let rows: [Row]

    init(_ name: String, rounds: Int, _ body: () throws -> Void) throws {
      try body()
      let runs = try (0..<rounds).map { _ in
        let (start, processorStart) = (ContinuousClock.now, OperationTimes.processorTime())
        let entries = try OperationTimes.measuring(body)
        return (
          seconds: (ContinuousClock.now - start) / .seconds(1),
          processorSeconds: OperationTimes.processorTime() - processorStart, entries: entries
        )
      }.sorted { $0.seconds < $1.seconds }
      let median = runs[runs.count / 2]
      self.name = name
      seconds = median.seconds
      processorSeconds = median.processorSeconds
      fastest = runs[0].seconds
      slowest = runs[runs.count - 1].seconds
      let known = OperationTimes.Kind.allCases.compactMap { kind in
        median.entries[kind].map {
          Row(
            kind: kind.rawValue, calls: $0.calls, seconds: $0.seconds, processorSeconds: $0.processorSeconds,
            gflop: $0.operations / 1e9)
        }
      }
      let rest = seconds - known.reduce(0) { $0 + $1.seconds }
      let processorRest = processorSeconds - known.reduce(0) { $0 + $1.processorSeconds }
      rows =
        known + [Row(kind: "the rest", calls: 0, seconds: rest, processorSeconds: processorRest, gflop: 0)]
      gflop = known.reduce(0) { $0 + $1.gflop }
    }
  }

  public let precision: String
  public let threads: Int
  public let processor: String
  public let peak: MachinePeak
  public let loadSeconds: Double
  public let parts: [Part]
  /// Root mean square of the UNet's difference from fp32, as a share of its output's; nil if not asked for.
  public let relativeError: Double?

  /// For people.
  public var table: String {
    var lines = [
      String(
        format: "%@, %d threads, %@; kernels at most %.0f GFLOP/s, OpenBLAS sgemm %.0f; loaded in %.2f s",
        precision, threads, processor, peak.kernel / 1e9, peak.blas / 1e9, loadSeconds)
    ]
    if let relativeError { lines.append(String(format: "relative RMSE against f32: %.2e", relativeError)) }
    for part in parts {
      lines.append(
        String(
          format: "\n%@: %.3f s (%.3f to %.3f; %.3f on all processors), %.0f GFLOP, %.2f × sgemm's rate",
          part.name, part.seconds,
          part.fastest, part.slowest, part.processorSeconds, part.gflop,
          part.gflop * 1e9 / part.seconds / peak.blas))
      lines.append("                             s    cpu s    GFLOP  GFLOP/s of peak  calls")
      for row in part.rows {
        let rate = row.gflop / row.seconds
        let name = row.kind.padding(toLength: 20, withPad: " ", startingAt: 0)
        let figures =
          row.gflop > 0
          ? String(format: "%8.1f %8.0f %7.0f%%", row.gflop, rate, 100 * rate * 1e9 / peak.kernel)
          : String(repeating: " ", count: 26)
        let times = String(format: "%10.4f %8.3f", row.seconds, row.processorSeconds)
        lines.append(name + times + figures + String(format: "%7d", row.calls))
      }
    }
    return lines.joined(separator: "\n")
  }
}
