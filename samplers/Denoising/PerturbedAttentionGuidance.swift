import Tensors

/// guided + scale·(conditional − perturbed), where the perturbed pass has its self-attention replaced by the identity in
/// some layers (Ahn et al. 2024). The sum with classifier-free guidance is diffusers'.
public struct PerturbedAttentionGuidance: Sendable, Equatable {
  public let scale: Float

  public init(scale: Float) { self.scale = scale }

  public var isActive: Bool { scale != 0 }

  public func combine(guided: Tensor, conditional: Tensor, perturbed: Tensor) -> Tensor {
    add(guided, scale, add(conditional, -1, perturbed))
  }
}
