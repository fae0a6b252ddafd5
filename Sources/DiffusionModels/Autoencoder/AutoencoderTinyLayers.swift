import Checkpoints
import Layers
import Tensors

extension AutoencoderTiny {
  /// One entry of the flat list that each half is.
  enum Layer: Sendable {
    case convolution(Conv2d)
    case activation(Activation)
    case block(Block)
    case upsampling(Int)

    /// (N, H, W, C) → (N, H', W', C').
    func callAsFunction(_ x: Tensor) -> Tensor {
      switch self {
      case .convolution(let conv): conv(x)
      case .activation(let activation): activation(x)
      case .block(let block): block(x)
      case .upsampling(let factor): x.resizedNearest(height: factor * x.shape[1], width: factor * x.shape[2])
      }
    }
  }

  /// Three convolutions beside the identity (diffusers' `AutoencoderTinyBlock`).
  struct Block: Sendable {
    private let convolutions: [Conv2d]
    private let activation: Activation

    init(_ weights: Weights, channels: Int, _ activation: Activation) throws(WeightsError) {
      convolutions = try [0, 2, 4].map { (i) throws(WeightsError) in
        try Conv2d(weights["conv"][i], channels, channels, kernel: 3, padding: 1)
      }
      self.activation = activation
    }

    /// (N, H, W, C) → (N, H, W, C).
    func callAsFunction(_ x: Tensor) -> Tensor {
      let h = convolutions[2](activation(convolutions[1](activation(convolutions[0](x)))))
      return Activation.relu(h + x)
    }
  }

  /// Builds the list; keys are positions in it.
  struct LayerStack {
    private(set) var layers: [Layer] = []
    private let weights: Weights
    private let activation: Activation

    init(_ weights: Weights, _ activation: Activation) {
      self.weights = weights
      self.activation = activation
    }

    mutating func add(_ layer: Layer) { layers.append(layer) }

    mutating func convolve(
      _ inputs: Int, _ outputs: Int, stride: Int = 1, bias: Bool = true
    ) throws(WeightsError) {
      layers.append(
        .convolution(
          try Conv2d(
            weights[layers.count], inputs, outputs, kernel: 3, stride: stride, padding: 1, bias: bias)))
    }

    mutating func add(blocks: Int, _ channels: Int) throws(WeightsError) {
      for _ in 0..<blocks {
        layers.append(.block(try Block(weights[layers.count], channels: channels, activation)))
      }
    }
  }
}
