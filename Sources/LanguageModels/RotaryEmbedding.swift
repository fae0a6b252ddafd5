import Checkpoints
import Foundation
import Tensors

/// Turns queries and keys by their positions. Key: `rope_freqs.weight` (D/2), which Llama-3 GGUF files have: divisors
/// of the frequencies.
package struct RotaryEmbedding: Sendable {
  private let frequencies: [Float]
  private let pairing: RotaryPairing

  /// The cosines and sines of some positions, (T, D/2) each: the same for all layers.
  package struct Angles: Sendable {
    package let cosines: Tensor
    package let sines: Tensor
    package let pairing: RotaryPairing

    package init(cosines: Tensor, sines: Tensor, pairing: RotaryPairing) {
      (self.cosines, self.sines, self.pairing) = (cosines, sines, pairing)
    }

    /// (T, heads·D) → (T, heads·D).
    package func callAsFunction(_ x: Tensor, heads: Int) -> Tensor {
      rotaryEmbedding(x, heads: heads, cosines: cosines, sines: sines, pairing: pairing)
    }
  }

  init(_ weights: Weights, _ settings: RotarySettings, headSize: Int) throws(WeightsError) {
    var frequencies = settings.frequencies(headSize: headSize)
    if weights["rope_freqs"].has("weight") {
      let divisors = try weights["rope_freqs"].float32("weight", [headSize / 2]).floats
      frequencies = zip(frequencies, divisors).map(/)
    }
    self.frequencies = frequencies
    pairing = settings.pairing
  }

  package func angles(_ positions: Range<Int>) -> Angles {
    let shape = [positions.count, frequencies.count]
    let angles = positions.flatMap { position in frequencies.map { Double(Float(position) * $0) } }
    return Angles(
      cosines: Tensor(angles.map { Float(cos($0)) }, shape: shape),
      sines: Tensor(angles.map { Float(sin($0)) }, shape: shape), pairing: pairing)
  }
}
