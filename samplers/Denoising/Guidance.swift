import Tensors

/// What is made of a network's passes: each kind of guidance is a value of its own, and here they are put together. A
/// value that is used holds the run's momentum, so a copy is a checkpoint.
public struct Guidance: Sendable {
  public var classifierFree: ClassifierFreeGuidance
  /// Takes the place of the classifier-free formula; the scale is the same.
  public var projection: AdaptiveProjectedGuidance?
  public var perturbedAttention: PerturbedAttentionGuidance?
  public var rescale: GuidanceRescale
  /// Where guidance of any kind is on.
  public var interval: GuidanceInterval
  /// Whether the unconditional pass is made even where the scale is 1: CFG++ solvers step with it.
  public var needsUnconditional = false

  public init(
    _ classifierFree: ClassifierFreeGuidance, projection: AdaptiveProjectedGuidance? = nil,
    perturbedAttention: PerturbedAttentionGuidance? = nil, rescale: GuidanceRescale = GuidanceRescale(),
    interval: GuidanceInterval = .always
  ) {
    self.classifierFree = classifierFree
    self.projection = projection
    self.perturbedAttention = perturbedAttention
    self.rescale = rescale
    self.interval = interval
  }

  /// The conditional network alone.
  public static let off = Guidance(ClassifierFreeGuidance(scale: 1))

  /// The passes that any step of a run needs beside the conditional one.
  public var passes: GuidancePasses {
    var passes: GuidancePasses = []
    if classifierFree.isActive || needsUnconditional { passes.insert(.unconditional) }
    if perturbedAttention?.isActive == true { passes.insert(.perturbed) }
    return passes
  }

  /// The passes that one step needs; `index` counts the steps of the run.
  public func passes(step index: Int, of count: Int, level: NoiseLevel) -> GuidancePasses {
    interval.contains(step: index, of: count, level: level) ? passes : []
  }

  /// The guided output, from whichever passes were made.
  public mutating func combine(_ output: GuidedOutput) -> Tensor {
    var guided = output.conditional
    if let unconditional = output.unconditional {
      guided =
        projection?.combine(
          scale: classifierFree.scale, conditional: output.conditional, unconditional: unconditional)
        ?? classifierFree.combine(conditional: output.conditional, unconditional: unconditional)
    }
    if let perturbed = output.perturbed, let perturbedAttention {
      guided = perturbedAttention.combine(
        guided: guided, conditional: output.conditional, perturbed: perturbed)
    }
    return output.unconditional == nil ? guided : rescale(guided, like: output.conditional)
  }
}
