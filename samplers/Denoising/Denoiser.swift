import Tensors

/// A network as it was trained: an input of unit variance and its timestep, to a prediction of some type.
public typealias NoiseModel = (_ input: Tensor, _ timestep: Double) throws -> Tensor

/// What solvers call: latents at a level, to the clean sample and the noise in them.
public typealias Denoise = (_ latents: Tensor, _ level: NoiseLevel) throws -> Prediction

/// Makes a denoiser of a network: scales its input, finds its timestep, reads its output and limits the sample
/// (k-diffusion's `external.py`). Guidance combines the network's passes before they are read.
public struct Denoiser {
  public let schedule: NoiseSchedule
  public let predictionType: PredictionType
  public let limit: SampleLimit
  private let model: GuidedModel

  public init(
    _ schedule: NoiseSchedule, _ predictionType: PredictionType, limit: SampleLimit = .none,
    model: @escaping NoiseModel
  ) {
    self.init(schedule, predictionType, limit: limit) { input, timestep, _ in
      GuidedOutput(conditional: try model(input, timestep))
    }
  }

  public init(
    _ schedule: NoiseSchedule, _ predictionType: PredictionType, limit: SampleLimit = .none,
    guided model: @escaping GuidedModel
  ) {
    self.schedule = schedule
    self.predictionType = predictionType
    self.limit = limit
    self.model = model
  }

  /// The prediction without guidance.
  public func callAsFunction(_ latents: Tensor, _ level: NoiseLevel) throws -> Prediction {
    var off = Guidance.off
    return try self(latents, level, guidance: &off, passes: [])
  }

  /// The prediction that guidance makes of some passes of the network.
  public func callAsFunction(
    _ latents: Tensor, _ level: NoiseLevel, guidance: inout Guidance, passes: GuidancePasses
  ) throws -> Prediction {
    let input = level.magnitude == 1 ? latents : quotient(latents, over: Float(level.magnitude))
    let output = try model(input, level.timestep ?? schedule.timestep(ofSigma: level.sigma), passes)
    var prediction = read(guidance.combine(output), latents, level)
    if guidance.needsUnconditional, let unconditional = output.unconditional {
      prediction.unconditional = read(unconditional, latents, level).denoised
    }
    return prediction
  }

  private func read(_ output: Tensor, _ latents: Tensor, _ level: NoiseLevel) -> Prediction {
    var prediction = predictionType.prediction(from: output, latents: latents, level: level)
    prediction.denoised = limit(prediction.denoised)
    return prediction
  }
}
