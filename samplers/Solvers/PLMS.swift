import Tensors

/// Pseudo linear multistep (Liu et al. 2022, eq. 9 and 12): Adams–Bashforth of order 4 on the noise, each step carried
/// out by DDIM's transfer. The first step is a pseudo improved Euler step, which costs a second evaluation; or the first
/// three are pseudo Runge–Kutta steps (eq. 13) of four evaluations each.
public struct PLMS: Solver {
  let schedule: NoiseSchedule
  /// The run's timesteps, and how far each step goes.
  let timesteps: [Int]
  let stride: Int
  /// Whether the multistep average is over velocities, as diffusers has it, instead of over noises.
  let averagesVelocity: Bool
  /// Where the first step evaluates the second time, in a run that begins in the middle.
  private var secondTimestep: Int?
  let startsByRungeKutta: Bool
  /// Newest first.
  private var history: [Tensor] = []

  public init(
    schedule: NoiseSchedule, timesteps: [Int], stride: Int, averagesVelocity: Bool,
    startsByRungeKutta: Bool = false
  ) {
    self.schedule = schedule
    self.timesteps = timesteps
    self.stride = stride
    self.averagesVelocity = averagesVelocity
    self.startsByRungeKutta = startsByRungeKutta
  }

  public mutating func step(
    _ latents: Tensor, _ step: SamplingStep, denoise: Denoise, noise: inout some NoiseSource
  ) throws -> Tensor {
    let output = try self.output(latents, step.from, denoise)
    history = [output] + history.prefix(3)
    if startsByRungeKutta, history.count < 4, !step.isLast {
      return try rungeKutta(latents, step, output, denoise)
    }
    guard history.count == 1 else {
      return transfer(latents, from: step.from, to: step.to, adamsBashforth(history))
    }
    let predicted = transfer(latents, from: step.from, to: step.to, output)
    guard let next = secondTimestep ?? (step.isLast ? nil : timesteps[step.index + 1]) else {
      return predicted
    }
    let nextOutput = try self.output(predicted, schedule.level(at: next), denoise)
    return transfer(
      latents, from: schedule.level(at: next + stride), to: schedule.level(at: next),
      elementwise(output, nextOutput) { ($0 + $1) / 2 })
  }

  /// A run that begins in the middle begins, in diffusers, at one place later in its list of evaluations, where the second
  /// timestep stands twice: the first step is one timestep early.
  public mutating func begin(at index: Int, of steps: [SamplingStep]) -> [SamplingStep] {
    guard index > 0 else { return steps }
    guard !startsByRungeKutta else { return Array(steps[index...]) }
    secondTimestep = timesteps[index]
    let first = steps[max(1, index - 1)]
    return [SamplingStep(index: index, count: steps.count, from: first.from, to: first.to)]
      + steps[(index + 1)...]
  }

  /// The classical method with the half-way evaluations at the next timestep and half a stride, as diffusers has them.
  private func rungeKutta(
    _ x: Tensor, _ step: SamplingStep, _ first: Tensor, _ denoise: Denoise
  ) throws -> Tensor {
    let (timestep, next, half) = (timesteps[step.index], timesteps[step.index + 1], stride / 2)
    let middle = schedule.level(at: min(next + half, schedule.count - 1))
    let target = schedule.level(at: next)
    var moved = transfer(x, from: step.from, to: schedule.level(at: max(timestep - half, 0)), first)
    let second = try output(moved, middle, denoise)
    moved = transfer(x, from: step.from, to: middle, second)
    let third = try output(moved, middle, denoise)
    moved = transfer(x, from: step.from, to: target, third)
    let fourth = try output(moved, target, denoise)
    let sum = add(add(blend(1.0 / 6, first, 1.0 / 3, second), 1.0 / 3, third), 1.0 / 6, fourth)
    return transfer(x, from: step.from, to: target, sum)
  }

  private func output(_ latents: Tensor, _ level: NoiseLevel, _ denoise: Denoise) throws -> Tensor {
    let prediction = try denoise(latents, level)
    guard averagesVelocity else { return prediction.noise }
    return blend(Float(level.signal), prediction.noise, -Float(level.noise), prediction.denoised)
  }

  /// Equation 9, in single precision as diffusers has it.
  private func transfer(_ x: Tensor, from: NoiseLevel, to: NoiseLevel, _ output: Tensor) -> Tensor {
    let (alpha, nextAlpha) = (Float(from.alphaCumprod), Float(to.alphaCumprod))
    let noise = averagesVelocity ? blend(Float(from.signal), output, Float(from.noise), x) : output
    let divisor =
      alpha * (1 - nextAlpha).squareRoot() + (alpha * (1 - alpha) * nextAlpha).squareRoot()
    let (keep, difference) = ((nextAlpha / alpha).squareRoot(), nextAlpha - alpha)
    return elementwise(x, noise) { x, noise in keep * x - difference * noise / divisor }
  }
}

extension SamplerKind {
  public static let plms = SamplerKind(
    name: "plms", aliases: ["pndm", "PNDMScheduler"],
    summary: "Pseudo linear multistep", paper: "arXiv:2202.09778", order: 4, evaluationsPerStep: 1,
    isStochastic: false, schedules: [.leading, .trailing, .linspace], defaultSchedule: .leading,
    accepted: ["skip_prk_steps": ["true", "false"]], takesLevels: .none
  ) { configuration, options, schedule throws(SamplerError) in
    let predictionType = configuration.predictionType ?? .epsilon
    guard predictionType != .sample else {
      throw .unsupportedSetting("prediction_type", value: predictionType.rawValue)
    }
    let table = try configuration.noiseSchedule()
    let timesteps = try configuration.timesteps(options, schedule, trained: table.count)
    let final = configuration.finalLevel(of: table, toOneByDefault: false)
    let stride = table.count / options.stepCount
    // A file of diffusers' scheduler that says nothing means the Runge–Kutta steps.
    let byDefault = configuration.className == "PNDMScheduler" ? "false" : "true"
    let startsByRungeKutta = (configuration.others["skip_prk_steps"] ?? byDefault) == "false"
    guard !startsByRungeKutta || timesteps.count > 3 else {
      throw .stepCount(options.stepCount, allowed: 4...table.count)
    }
    var steps = table.steps(timesteps, stride: stride, final: final)
    if startsByRungeKutta { steps.replaceSubrange(..<3, with: table.steps(timesteps, final: final)[..<3]) }
    return try SamplingPlan(
      solver: PLMS(
        schedule: table, timesteps: timesteps, stride: stride,
        averagesVelocity: predictionType == .velocity, startsByRungeKutta: startsByRungeKutta),
      steps: steps, schedule: table, predictionType: predictionType)
  }
}
