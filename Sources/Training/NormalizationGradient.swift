import Layers
import Tensors

/// Layer normalization over the last dimension with a trained weight and bias (C).
func layerNorm(_ x: Variable, weight: Variable, bias: Variable, epsilon: Float = 1e-5) -> Variable {
  let value = layerNorm(x.value, weight: weight.value, bias: bias.value, epsilon: epsilon)
  return Variable(value, of: [x, weight, bias]) { gradient in
    let (dx, scaled) = normalizationGradient(
      x.value, gradient, weight: weight.value, epsilon: epsilon, isCentered: true)
    return [dx, scaled.columnSums(), gradient.columnSums()]
  }
}

extension RMSNorm {
  /// The layer as it is: only its input has a gradient.
  func callAsFunction(_ x: Variable) -> Variable {
    Variable(self(x.value), of: [x]) { gradient in
      [normalizationGradient(x.value, gradient, weight: weight, epsilon: epsilon, isCentered: false).x]
    }
  }
}

/// With x̂ the normalized rows and h = gradient·weight: (h − mean(h) − x̂·mean(h·x̂)) / deviation, without mean(h) where
/// rows are not centred; and gradient·x̂, whose column sums are the weight's gradient.
private func normalizationGradient(
  _ x: Tensor, _ gradient: Tensor, weight: Tensor, epsilon: Float, isCentered: Bool
) -> (x: Tensor, scaled: Tensor) {
  let columns = x.dim(-1)
  var scaled = Tensor.zeros(x.shape)
  let dx = Tensor(shape: x.shape) { dx in
    x.withFloats { x in
      gradient.withFloats { g in
        weight.withFloats { w in
          scaled.withMutableFloats { scaled in
            parallelRows(rowCount(gradient), of: columns) { row in
              let start = row * columns
              let (x, g, dx, scaled) = (x + start, g + start, dx + start, scaled + start)
              var (sum, squares, slope, product) = (0.0, 0.0, 0.0, 0.0)
              if isCentered {
                for c in 0..<columns { sum += Double(x[c]) }
              }
              let mean = sum / Double(columns)
              for c in 0..<columns {
                let d = Double(x[c]) - mean
                squares += d * d
              }
              let inverse = 1 / (squares / Double(columns) + Double(epsilon)).squareRoot()
              for c in 0..<columns {
                let normalized = (Double(x[c]) - mean) * inverse
                let h = Double(g[c]) * Double(w[c])
                scaled[c] = Float(Double(g[c]) * normalized)
                slope += h
                product += h * normalized
              }
              slope = isCentered ? slope / Double(columns) : 0
              product /= Double(columns)
              for c in 0..<columns {
                let normalized = (Double(x[c]) - mean) * inverse
                dx[c] = Float((Double(g[c]) * Double(w[c]) - slope - normalized * product) * inverse)
              }
            }
          }
        }
      }
    }
  }
  return (dx, scaled)
}

private func rowCount(_ x: Tensor) -> Int { x.count / max(x.dim(-1), 1) }
