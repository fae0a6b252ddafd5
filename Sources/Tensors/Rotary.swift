import CKernels

/// Which dimensions of a head turn together.
public enum RotaryPairing: Sendable {
  /// i and i + D/2: transformers' files, and GGUF architectures that keep its order.
  case halves
  /// 2i and 2i + 1: GGUF files of the `llama` architecture, whose converter reorders queries and keys for it.
  case neighbours
}

/// Rotary position embedding (Su et al. 2021): turns each pair of dimensions of x (T, heads·D) by its row's angles,
/// given as cosines and sines (T, D/2).
public func rotaryEmbedding(
  _ x: Tensor, heads: Int, cosines: Tensor, sines: Tensor, pairing: RotaryPairing = .halves
) -> Tensor {
  let (rows, width) = (x.shape[0], x.shape[1])
  let size = width / heads
  precondition(size % 2 == 0 && size * heads == width, "\(heads) heads in \(x.shape)")
  precondition(cosines.shape == [rows, size / 2] && sines.shape == cosines.shape)
  return Tensor(shape: x.shape) { out in
    x.withFloats { x in
      cosines.withFloats { cosines in
        sines.withFloats { sines in
          parallelChunks(rows, of: max(1, (1 << 14) / max(width, 1))) { start, count in
            let (angle, chunk) = (start * size / 2, out + start * width)
            chunk.update(from: x + start * width, count: count * width)
            switch pairing {
            case .halves: voken_rope(chunk, count, heads, size, cosines + angle, sines + angle)
            case .neighbours: voken_rope_neighbours(chunk, count, heads, size, cosines + angle, sines + angle)
            }
          }
        }
      }
    }
  }
}
