import Foundation
import Tensors

/// How positions turn queries and keys.
public struct RotarySettings: Sendable, Equatable {
  public var base: Double
  public var scaling = Scaling.none
  public var pairing = RotaryPairing.halves

  /// How a model trained on short texts stretches its positions over longer ones.
  public enum Scaling: Sendable, Equatable {
    case none
    /// Positions divided by the factor.
    case linear(factor: Double)
    /// Llama 3.1: slow turns divided by the factor, fast ones kept, those between blended.
    case llama3(factor: Double, lowFactor: Double, highFactor: Double, originalContext: Double)
  }

  public init(base: Double, scaling: Scaling = .none, pairing: RotaryPairing = .halves) {
    (self.base, self.scaling, self.pairing) = (base, scaling, pairing)
  }

  /// The angle per position of each pair of a head's dimensions, rounded to fp32 as transformers does.
  func frequencies(headSize: Int) -> [Float] {
    stride(from: 0, to: headSize, by: 2).map { i in
      let frequency = 1 / pow(base, Double(i) / Double(headSize))
      switch scaling {
      case .none: return Float(frequency)
      case .linear(let factor): return Float(frequency / factor)
      case .llama3(let factor, let low, let high, let context):
        let turns = context * frequency / (2 * .pi)
        let blend = min(max((turns - low) / (high - low), 0), 1)
        return Float((1 - blend) * frequency / factor + blend * frequency)
      }
    }
  }
}
