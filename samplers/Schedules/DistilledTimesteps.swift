import Foundation

extension SchedulerConfiguration {
  /// The schedule and descending timesteps of models distilled on a coarse grid: `stepCount` of the
  /// `original_inference_steps` (50) timesteps that are multiples of T/50, less one.
  func distilled(_ options: SamplerOptions) throws(SamplerError) -> (table: NoiseSchedule, timesteps: [Int]) {
    let table = try noiseSchedule(betas: 0.00085...0.012, schedule: "scaled_linear")
    if let given = try options.timesteps(trained: table.count) { return (table, given) }
    let stepCount = options.stepCount
    let text = others["original_inference_steps"] ?? "50"
    guard let original = Int(text), (1...table.count).contains(original) else {
      throw .unsupportedSetting("original_inference_steps", value: text)
    }
    guard (1...original).contains(stepCount) else { throw .stepCount(stepCount, allowed: 1...original) }
    let ratio = table.count / original
    let spread = Double(original) / Double(stepCount)
    return (table, (0..<stepCount).map { (original - Int(Double($0) * spread)) * ratio - 1 })
  }
}
