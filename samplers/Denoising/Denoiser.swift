import Tensors

/// A network as it was trained: an input of unit variance and its timestep, to a prediction of some type.
public typealias NoiseModel = (_ input: Tensor, _ timestep: Double) throws -> Tensor

/// What solvers call: latents at a level, to the clean sample and the noise in them.
public typealias Denoise = (_ latents: Tensor, _ level: NoiseLevel) throws -> Prediction

/// Makes a denoiser of a network: scales its input, finds its timestep, reads its output and limits the sample
/// (k-diffusion's `external.py`). Guidance wraps the network before it comes here.
public struct Denoiser {
  public let schedule: NoiseSchedule
  public let predictionType: PredictionType
  public let limit: SampleLimit
  private let model: NoiseModel

  public init(
    _ schedule: NoiseSchedule, _ predictionType: PredictionType, limit: SampleLimit = .none,
    model: @escaping NoiseModel
  ) {
    self.schedule = schedule
    self.predictionType = predictionType
    self.limit = limit
    self.model = model
  }

  public func callAsFunction(_ latents: Tensor, _ level: NoiseLevel) throws -> Prediction {
    let input = level.magnitude == 1 ? latents : quotient(latents, over: Float(level.magnitude))
    let output = try model(input, level.timestep ?? schedule.timestep(ofSigma: level.sigma))
    var prediction = predictionType.prediction(from: output, latents: latents, level: level)
    prediction.denoised = limit(prediction.denoised)
    return prediction
  }
}
