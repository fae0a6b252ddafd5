import Checkpoints
import Foundation
import Layers
import Tensors

/// Sines and cosines of a value at geometrically spaced frequencies (Vaswani et al. 2017), as diffusers' `Timesteps`.
struct SinusoidalEmbedding: Sendable {
  let width: Int
  let flipSinToCos: Bool
  private let frequencies: [Float]

  init(width: Int, flipSinToCos: Bool, frequencyShift: Float) {
    self.width = width
    self.flipSinToCos = flipSinToCos
    let half = width / 2
    // Rounded to fp32 at the same places as the original: the phases are large, and the last bit shows.
    frequencies = (0..<half).map { i in
      let exponent = Float(-log(10000.0)) * Float(i) / (Float(half) - frequencyShift)
      return Float(exp(Double(exponent)))
    }
  }

  /// N values → (N, width).
  func callAsFunction(_ values: [Float]) -> Tensor {
    let half = frequencies.count
    let (sines, cosines) = flipSinToCos ? (half, 0) : (0, half)
    return Tensor(shape: [values.count, width]) { out in
      for (row, value) in values.enumerated() {
        let out = out + row * width
        for (i, frequency) in frequencies.enumerated() {
          let phase = Double(value * frequency)
          out[sines + i] = Float(sin(phase))
          out[cosines + i] = Float(cos(phase))
        }
        if width > 2 * half { out[width - 1] = 0 }
      }
    }
  }
}

/// A two-layer network over an embedding.
struct TimestepEmbedding: Sendable {
  private let linear1: Linear
  private let condition: Linear?
  private let activation: Activation
  private let linear2: Linear
  private let postActivation: Activation?

  init(
    _ weights: Weights, _ inputs: Int, _ outputs: Int, activation: Activation = .silu,
    postActivation: Activation? = nil, conditionWidth: Int? = nil
  ) throws(WeightsError) {
    linear1 = try Linear(weights["linear_1"].sensitive, inputs, outputs)
    linear2 = try Linear(weights["linear_2"].sensitive, outputs, outputs)
    condition = try conditionWidth.map { (width) throws(WeightsError) in
      try Linear(weights["cond_proj"].sensitive, width, inputs, bias: false)
    }
    self.activation = activation
    self.postActivation = postActivation
  }

  /// (N, in), and (N, conditionWidth) if the network has one → (N, out).
  func callAsFunction(_ embedding: Tensor, condition values: Tensor? = nil) -> Tensor {
    var x = embedding
    if let condition, let values { x = x + condition(values) }
    x = linear2(activation(linear1(x)))
    return postActivation?(x) ?? x
  }
}

/// The embedding of a guidance scale that distilled models take in place of guidance (Meng et al. 2023), at `width`
/// values; latent consistency models call it with the scale less 1.
public func guidanceScaleEmbedding(_ scales: [Float], width: Int) -> Tensor {
  SinusoidalEmbedding(width: width, flipSinToCos: false, frequencyShift: 1)(scales.map { 1000 * $0 })
}
