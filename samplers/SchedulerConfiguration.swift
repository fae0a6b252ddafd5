import Foundation

/// A model's `scheduler_config.json`, as diffusers writes it. What the file leaves out is nil: each sampler has its own
/// defaults.
public struct SchedulerConfiguration: Sendable, Equatable {
  public var className: String?
  public var trainedTimesteps = 1000
  public var betaStart: Double?
  public var betaEnd: Double?
  public var betaSchedule: String?
  public var trainedBetas: [Float]?
  public var predictionType: PredictionType?
  public var timestepSpacing: TimestepSpacing?
  public var stepsOffset = 0
  public var setAlphaToOne: Bool?
  public var rescalesToZeroTerminalSNR = false
  public var clipSample: Bool?
  public var clipSampleRange: Float = 1
  public var thresholding = false
  public var dynamicThresholdingRatio: Float = 0.995
  public var sampleMaxValue: Float = 1
  /// The settings of diffusers' schedulers that have no property above, as JSON writes their values; a sampler that
  /// takes one of them says which values it accepts.
  public var others: [String: String] = [:]

  public init() {}

  /// The trained schedule, with zero terminal SNR where the model asks for it.
  /// `betas` are the sampler's own defaults for what the file leaves out.
  public func noiseSchedule(
    betas defaults: ClosedRange<Double> = 0.0001...0.02, schedule: String = "linear"
  ) throws(SamplerError) -> NoiseSchedule {
    guard (1...100_000).contains(trainedTimesteps) else {
      throw .malformedConfiguration("num_train_timesteps is \(trainedTimesteps)")
    }
    let betas = try betas(defaults, betaSchedule ?? schedule)
    guard betas.allSatisfy({ $0 > 0 && $0 < 1 }) else {
      throw .malformedConfiguration("a beta is outside 0...1")
    }
    return NoiseSchedule(betas: betas, zeroTerminalSNR: rescalesToZeroTerminalSNR)
  }

  private func betas(_ defaults: ClosedRange<Double>, _ schedule: String) throws(SamplerError) -> [Float] {
    if let trainedBetas {
      guard trainedBetas.count == trainedTimesteps else {
        throw .malformedConfiguration("\(trainedBetas.count) trained_betas for \(trainedTimesteps) timesteps")
      }
      return trainedBetas
    }
    let (start, end) = (betaStart ?? defaults.lowerBound, betaEnd ?? defaults.upperBound)
    switch schedule {
    case "linear": return Betas.linear(from: start, to: end, count: trainedTimesteps)
    case "scaled_linear": return Betas.scaledLinear(from: start, to: end, count: trainedTimesteps)
    case "squaredcos_cap_v2": return Betas.squaredCosine(count: trainedTimesteps)
    case let other: throw .unsupportedSetting("beta_schedule", value: other)
    }
  }

  /// The schedule that the file asks for, if the sampler has it, or the sampler's own.
  public func schedule(for sampler: SamplerKind) -> ScheduleName {
    let flags: [(String, ScheduleName)] = [
      ("use_karras_sigmas", .karras), ("use_exponential_sigmas", .exponential), ("use_beta_sigmas", .beta),
    ]
    for (flag, schedule) in flags
    where others[flag] == "true" && sampler.configuredSchedules.contains(schedule) {
      return schedule
    }
    let named = timestepSpacing.map(ScheduleName.init(spacing:))
    return named.flatMap { sampler.configuredSchedules.contains($0) ? $0 : nil } ?? sampler.defaultSchedule
  }

  /// Descending integer timesteps.
  func timesteps(
    _ options: SamplerOptions, _ schedule: ScheduleName, trained: Int
  ) throws(SamplerError) -> [Int] {
    if let given = try options.timesteps(trained: trained) { return given }
    return try spacing(schedule, default: .leading).timesteps(
      stepCount: options.stepCount, trained: trained, offset: stepsOffset)
  }

  /// The spacing in timesteps under a schedule: for one over σ, the file's or the sampler's own.
  func spacing(_ schedule: ScheduleName, default fallback: TimestepSpacing) -> TimestepSpacing {
    schedule.spacing ?? timestepSpacing ?? fallback
  }

  /// Where the last step of a solver on integer timesteps ends.
  func finalLevel(of table: NoiseSchedule, toOneByDefault: Bool) -> NoiseLevel {
    let isOne = setAlphaToOne ?? toOneByDefault
    return NoiseLevel(timestep: nil, alphaCumprod: isOne ? 1 : table.alphasCumprod[0])
  }

  /// The limit of samplers that threshold but do not clip.
  var thresholdLimit: SampleLimit {
    thresholding ? .threshold(ratio: dynamicThresholdingRatio, maximum: sampleMaxValue) : .none
  }

  /// Thresholding goes before clipping where a file asks for both.
  func sampleLimit(clipsByDefault: Bool) -> SampleLimit {
    let clips = clipSample ?? clipsByDefault
    return thresholdLimit == .none && clips ? .clip(clipSampleRange) : thresholdLimit
  }
}
