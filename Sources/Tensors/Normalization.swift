import CKernels

/// Normalizes each row of (…, C); bias may be absent (Ba et al. 2016).
public func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor?, epsilon: Float) -> Tensor {
  rowwise(x) { input, out, rows, columns in
    weight.withFloats { weight in
      if let bias {
        bias.withFloats { voken_layer_norm(input, out, rows, columns, weight, $0, epsilon) }
      } else {
        voken_layer_norm(input, out, rows, columns, weight, nil, epsilon)
      }
    }
  }
}

/// Divides each row of (…, C) by its root mean square (Zhang & Sennrich 2019).
public func rmsNorm(_ x: Tensor, weight: Tensor, epsilon: Float) -> Tensor {
  rowwise(x) { input, out, rows, columns in
    weight.withFloats { voken_rms_norm(input, out, rows, columns, $0, epsilon) }
  }
}

/// Normalizes each of `groups` runs of channels over all positions of a picture (N, …, C) (Wu & He 2018), then applies
/// SiLU if asked: the two nearly always come together.
public func groupNorm(
  _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool = false
) -> Tensor {
  let channels = x.dim(-1)
  let images = x.shape[0]
  precondition(channels % groups == 0 && weight.count == channels && bias.count == channels)
  let positions = images * channels == 0 ? 0 : x.count / images / channels
  let perGroup = channels / groups
  let chunk = max(1, (1 << 14) / max(channels, 1))
  let chunks = (positions + chunk - 1) / chunk
  return Tensor(shape: x.shape) { out in
    x.withFloats { x in
      // Moments by fixed chunks of positions, added up in order.
      var moments = [Double](repeating: 0, count: images * chunks * 2 * channels)
      moments.withUnsafeMutableBufferPointer { buffer in
        let moments = buffer.baseAddress!
        parallel(images * chunks) { job in
          let start = job % chunks * chunk
          let into = moments + job * 2 * channels
          voken_column_moments(
            x + (job / chunks * positions + start) * channels, min(chunk, positions - start), channels, into,
            into + channels)
        }
      }
      var center = weight.floats
      var scale = center
      var shift = bias.floats
      for image in 0..<images {
        for group in 0..<groups {
          var (sum, squares) = (0.0, 0.0)
          for part in 0..<chunks {
            let base = (image * chunks + part) * 2 * channels + group * perGroup
            for i in base..<base + perGroup {
              (sum, squares) = (sum + moments[i], squares + moments[i + channels])
            }
          }
          let count = Double(positions * perGroup)
          let mean = sum / count
          let inverse = 1 / (max(0, squares / count - mean * mean) + Double(epsilon)).squareRoot()
          weight.withFloats { weight in
            bias.withFloats { bias in
              for c in group * perGroup..<(group + 1) * perGroup {
                // The mean's nearest float is taken off before anything is scaled, and then what it lacks.
                center[c] = Float(mean)
                scale[c] = Float(inverse) * weight[c]
                shift[c] = bias[c] + Float((Double(center[c]) - mean) * inverse) * weight[c]
              }
            }
          }
        }
        parallel(chunks) { part in
          let start = (image * positions + part * chunk) * channels
          voken_scale_shift(
            x + start, out + start, min(chunk, positions - part * chunk), channels, center,
            scale, shift, silu)
        }
      }
    }
  }
}

private func rowwise(
  _ x: Tensor,
  _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) -> Void
) -> Tensor {
  let columns = x.dim(-1)
  return Tensor(shape: x.shape) { out in
    x.withFloats { input in
      parallelChunks(columns == 0 ? 0 : x.count / columns, of: max(1, (1 << 14) / max(columns, 1))) {
        start, rows in
        body(input + start * columns, out + start * columns, rows, columns)
      }
    }
  }
}
