import Samplers

/// The levels that the runs of a benchmark share: from the last timestep whose noise is not above a limit to the first
/// timestep, in steps even in the timestep. Solvers then solve one equation over one range, whatever levels each would
/// choose: where one of them starts or stops elsewhere, that difference would hide its order.
struct BenchmarkGrid {
  let table: NoiseSchedule
  let start: Int

  init(_ configuration: SchedulerConfiguration, maximumSigma: Double) throws(SamplerError) {
    table = try configuration.noiseSchedule().withFiniteSigmas
    let sigmas = table.sigmas
    guard let last = sigmas.lastIndex(where: { $0 <= maximumSigma }), last > 0 else {
      throw .givenLevels("no timestep but the first has a noise of \(maximumSigma) or less")
    }
    start = last
  }

  /// The descending sigmas of `count` steps, both ends included.
  func sigmas(_ count: Int) -> [Double] { (timesteps(count) + [0]).map { table.sigmas[$0] } }

  /// Where each of `count` steps starts; the last ends at timestep 0.
  func timesteps(_ count: Int) -> [Int] {
    (0..<count).map { Int((Double(start * (count - $0)) / Double(count)).rounded()) }
  }
}
