import DiffusionModels
import Samplers
import Tensors

/// A UNet with the conditions of one prompt, which makes the passes that guidance asks for in as few calls as possible.
struct GuidedUNet {
  private typealias Conditioning = UNet2DConditionModel.Conditioning

  private let unet: UNet2DConditionModel
  /// For the steps in which guidance is off.
  private let prompt: Conditioning?
  /// The unconditional condition and the prompt, in one batch.
  private let pair: Conditioning?
  private let perturbed: Conditioning?

  /// - Parameter unconditional: nil where guidance does without.
  init(
    _ unet: UNet2DConditionModel, prompt: PromptConditioning, unconditional: PromptConditioning?,
    _ settings: ResolvedRequest
  ) throws {
    self.unet = unet
    if let unconditional, unconditional.states.shape != prompt.states.shape {
      throw GenerationError.incompatible(
        "the unconditional conditioning has shape \(unconditional.states.shape), the prompt's "
          + "\(prompt.states.shape)")
    }
    func conditioning(_ parts: [PromptConditioning]) throws -> Conditioning {
      let states = Tensor.concatenating(parts.map(\.states))
      guard states.isFinite else { throw GenerationError.notFinite("the prompt's conditioning") }
      return try unet.conditioning(
        states, AddedConditions(parts, settings, unet.configuration),
        tokenMerging: settings.stepSaving.tokenMerging)
    }
    pair = try unconditional.map { try conditioning([$0, prompt]) }
    let guidance = settings.guidance
    let isPerturbed = guidance.passes.contains(.perturbed)
    let alone =
      pair == nil || isPerturbed || guidance.interval != .always ? try conditioning([prompt]) : nil
    self.prompt = alone
    perturbed = isPerturbed ? alone?.perturbing(settings.perturbedLayers) : nil
  }

  /// - Parameters:
  ///   - input: (1, C, h, w).
  ///   - deep: of the run that this evaluation is part of.
  func callAsFunction(
    _ input: Tensor, _ timestep: Double, _ passes: GuidancePasses, _ deep: DeepCache = DeepCache(interval: 1)
  ) throws -> GuidedOutput {
    let timestep = Float(timestep)
    var output: GuidedOutput
    deep.begin()
    if passes.contains(.unconditional), let pair {
      let both = try unet(Tensor.concatenating([input, input]), timestep: timestep, pair, deep: &deep.pair)
      output = GuidedOutput(conditional: both[1..<2], unconditional: both[0..<1])
    } else if let prompt {
      output = GuidedOutput(conditional: try unet(input, timestep: timestep, prompt, deep: &deep.prompt))
    } else {
      preconditionFailure("the prompt alone is encoded wherever a step may need it")
    }
    if passes.contains(.perturbed), let perturbed {
      output.perturbed = try unet(input, timestep: timestep, perturbed, deep: &deep.perturbed)
    }
    return output
  }
}
