import Tensors

/// How far a conditioning is from the one that it should be.
public enum AlignmentLoss: String, Sendable, Codable, CaseIterable {
  /// The mean of the squared differences.
  case mse
  /// The mean over tokens of the length of their difference, as GILL and NExT-GPT have it.
  case l2

  /// (B, m, C) and its target → a single value, divided by `scale`.
  public func callAsFunction(_ prediction: Variable, _ target: Tensor, scale: Double) -> Variable {
    let difference = prediction.value - target
    let values = difference.floats
    let columns = difference.dim(-1)
    switch self {
    case .mse:
      let sum = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      let count = Double(max(values.count, 1)) * scale
      return Variable(Tensor([Float(sum / count)], shape: [1]), of: [prediction]) { gradient in
        [Float(2 * Double(gradient.floats[0]) / count) * difference]
      }
    case .l2:
      let rows = values.count / max(columns, 1)
      let lengths = (0..<rows).map { row in
        values[row * columns..<(row + 1) * columns].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      }
      let count = Double(max(rows, 1)) * scale
      let value = Float(lengths.reduce(0, +) / count)
      return Variable(Tensor([value], shape: [1]), of: [prediction]) { gradient in
        let factor = Double(gradient.floats[0]) / count
        let slopes = values.indices.map { i in
          let length = lengths[i / columns]
          return length == 0 ? 0 : Float(Double(values[i]) / length * factor)
        }
        return [Tensor(slopes, shape: difference.shape)]
      }
    }
  }
}
