import Tensors

/// The passes of a network that guidance wants beside the conditional one.
public struct GuidancePasses: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Without the prompt.
  public static let unconditional = GuidancePasses(rawValue: 1)
  /// With the prompt and a perturbed self-attention.
  public static let perturbed = GuidancePasses(rawValue: 2)
}

/// A network's outputs for one input, all of the same shape (N, …).
public struct GuidedOutput: Sendable {
  public var conditional: Tensor
  public var unconditional: Tensor?
  public var perturbed: Tensor?

  public init(conditional: Tensor, unconditional: Tensor? = nil, perturbed: Tensor? = nil) {
    self.conditional = conditional
    self.unconditional = unconditional
    self.perturbed = perturbed
  }
}

/// A network as guidance calls it: as a `NoiseModel`, but with all the passes of one evaluation.
public typealias GuidedModel = (
  _ input: Tensor, _ timestep: Double, _ passes: GuidancePasses
) throws -> GuidedOutput
