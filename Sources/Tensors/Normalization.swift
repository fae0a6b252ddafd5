import CKernels

/// Normalizes each row of (…, C); bias may be absent (Ba et al. 2016). The result is fp32, or bf16 for what follows.
public func layerNorm(
  _ x: Tensor, weight: Tensor, bias: Tensor?, epsilon: Float, as output: DType = .float32
) -> Tensor {
  OperationTimes.timed(.normalization) {
    rowwise(x, as: output) { input, out, rows, columns in
      weight.withFloats { weight in
        if let bias {
          bias.withFloats { voken_layer_norm(input, out, rows, columns, weight, $0, epsilon) }
        } else {
          voken_layer_norm(input, out, rows, columns, weight, nil, epsilon)
        }
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
/// SiLU if asked: the two nearly always come together. The result is fp32, or bf16 for what follows.
public func groupNorm(
  _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool = false,
  as output: DType = .float32
) -> Tensor {
  OperationTimes.timed(.normalization) {
    normalized(x, groups: groups, weight: weight, bias: bias, epsilon: epsilon, silu: silu, as: output)
  }
}

private func normalized(
  _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool, as output: DType
) -> Tensor {
  let channels = x.dim(-1)
  let images = x.shape[0]
  precondition(channels % groups == 0 && weight.count == channels && bias.count == channels)
  let positions = images * channels == 0 ? 0 : x.count / images / channels
  let perGroup = channels / groups
  let chunk = max(1, (1 << 14) / max(channels, 1))
  let chunks = (positions + chunk - 1) / chunk
  let processor = Processor.current
  let isWhole = channels % 16 == 0 && (x.dtype == .float32 || x.dtype == .bfloat16)
  let result = Tensor(uninitialized: x.shape, output)
  result.withNewBytes { out in
    do {
      // Moments by fixed chunks of positions, added up in order.
      var moments = [Double](repeating: 0, count: images * chunks * 2 * channels)
      moments.withUnsafeMutableBufferPointer { buffer in
        let moments = buffer.baseAddress!
        parallel(images * chunks) { job in
          let start = job % chunks * chunk
          let into = moments + job * 2 * channels
          let rows = min(chunk, positions - start)
          let offset = (job / chunks * positions + start) * channels
          if isWhole {
            x.withBytes {
              voken_block_moments(
                processor.code, $0.baseAddress! + offset * x.dtype.blockBytes, rows, channels, into,
                into + channels, x.dtype == .bfloat16)
            }
          } else {
            reading(rows * channels, of: x, offset) {
              voken_column_moments($0, rows, channels, into, into + channels)
            }
          }
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
          let rows = min(chunk, positions - part * chunk)
          if isWhole {
            center.withUnsafeBufferPointer { center in
              scale.withUnsafeBufferPointer { scale in
                shift.withUnsafeBufferPointer { shift in
                  var form = voken_normalization(
                    columns: channels, center: center.baseAddress, scale: scale.baseAddress,
                    shift: shift.baseAddress, silu: silu, half_in: x.dtype == .bfloat16,
                    half_out: output == .bfloat16)
                  x.withBytes {
                    voken_block_normalize(
                      processor.code, &form, $0.baseAddress! + start * x.dtype.blockBytes,
                      out + start * output.blockBytes, rows)
                  }
                }
              }
            }
          } else {
            reading(rows * channels, of: x, start) { x in
              storing(rows * channels, as: output, at: out, start) {
                voken_scale_shift(x, $0, rows, channels, center, scale, shift, silu)
              }
            }
          }
        }
      }
    }
  }
  return result
}

/// Calls `body` with elements of x in fp32, from a buffer if they are stored otherwise.
private func reading(_ count: Int, of x: Tensor, _ offset: Int, _ body: (UnsafePointer<Float>) -> Void) {
  if x.dtype == .float32 { return x.withFloats { body($0 + offset) } }
  precondition(x.dtype.blockSize == 1, "cannot normalize \(x.dtype)")
  x.withBytes { bytes in
    withScratch(count) { buffer in
      convertToFloat32(
        bytes.baseAddress! + offset * x.dtype.blockBytes, x.dtype, count: count, into: buffer)
      body(buffer)
    }
  }
}

/// Runs `body`, which writes `count` fp32 elements, where they belong or, if they are to be bf16, into a buffer on their
/// way there.
private func storing(
  _ count: Int, as output: DType, at out: UnsafeMutableRawPointer, _ offset: Int,
  _ body: (UnsafeMutablePointer<Float>) -> Void
) {
  if output == .float32 { return body(out.assumingMemoryBound(to: Float.self) + offset) }
  precondition(output == .bfloat16, "cannot store as \(output)")
  withScratch(count) { buffer in
    body(buffer)
    voken_f32_to_bf16(buffer, out.assumingMemoryBound(to: UInt16.self) + offset, count)
  }
}

private func rowwise(
  _ x: Tensor, as output: DType = .float32,
  _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int) -> Void
) -> Tensor {
  let columns = x.dim(-1)
  let result = Tensor(uninitialized: x.shape, output)
  result.withNewBytes { out in
    parallelChunks(columns == 0 ? 0 : x.count / columns, of: max(1, (1 << 14) / max(columns, 1))) {
      start, rows in
      reading(rows * columns, of: x, start * columns) { input in
        storing(rows * columns, as: output, at: out, start * columns) { body(input, $0, rows, columns) }
      }
    }
  }
  return result
}
