import Tensors

/// uncond + scale·(cond − uncond) (Ho and Salimans 2022), on the network's raw outputs.
public struct ClassifierFreeGuidance: Sendable, Equatable {
  public let scale: Float

  public init(scale: Float) { self.scale = scale }

  /// A scale of 1 is the conditional output itself: no second pass is needed.
  public var isActive: Bool { scale != 1 }

  public func combine(conditional: Tensor, unconditional: Tensor) -> Tensor {
    elementwise(conditional, unconditional) { [scale] conditional, unconditional in
      unconditional + scale * (conditional - unconditional)
    }
  }

  /// A network guided by a second, unconditional pass; the conditional network itself where guidance is off.
  public func callAsFunction(
    conditional: @escaping NoiseModel, unconditional: @escaping NoiseModel
  ) -> NoiseModel {
    guard isActive else { return conditional }
    return { input, timestep in
      combine(
        conditional: try conditional(input, timestep), unconditional: try unconditional(input, timestep))
    }
  }

  /// The same for a network that evaluates both conditions in one batch.
  public func callAsFunction(
    pair:
      @escaping (_ input: Tensor, _ timestep: Double) throws -> (conditional: Tensor, unconditional: Tensor)
  ) -> NoiseModel {
    { input, timestep in
      let outputs = try pair(input, timestep)
      return combine(conditional: outputs.conditional, unconditional: outputs.unconditional)
    }
  }
}
