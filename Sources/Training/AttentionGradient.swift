import LanguageModels
import Tensors

/// softmax(q·kᵀ/√D)·v for each head: q (B, Tq, C), k and v (B, Tk, C) → (B, Tq, C).
func attention(_ q: Variable, _ k: Variable, _ v: Variable, heads: Int) -> Variable {
  Variable(attention(q.value, k.value, v.value, heads: heads), of: [q, k, v]) { gradient in
    let parts = attentionGradient(q.value, k.value, v.value, gradient, heads: heads)
    return [parts.q, parts.k, parts.v]
  }
}

/// Causal self-attention of several sequences that lie one after the other: sequence i has `lengths[i]` rows of q
/// (T, heads·D), k and v (T, kvHeads·D), and sees the keys and values (P, kvHeads·D) of `past[i]` too.
func causalAttention(
  _ q: Variable, _ k: Variable, _ v: Variable, lengths: [Int], past: [KeysAndValues], heads: Int,
  kvHeads: Int
) -> Variable {
  var start = 0
  let rows = lengths.map { length in
    defer { start += length }
    return start..<start + length
  }
  func sequence(_ x: Tensor, _ i: Int, after past: Tensor? = nil) -> Tensor {
    let own = x[rows[i]]
    let all = past.map { Tensor.concatenating([$0, own]) } ?? own
    return all.reshaped([1] + all.shape)
  }
  let attended = rows.indices.map { i in
    attention(
      sequence(q.value, i), sequence(k.value, i, after: past[i].keys),
      sequence(v.value, i, after: past[i].values), heads: heads, kvHeads: kvHeads, causal: true
    ).reshaped([lengths[i], -1])
  }
  return Variable(Tensor.concatenating(attended), of: [q, k, v]) { gradient in
    let parts = rows.indices.map { i in
      let parts = attentionGradient(
        sequence(q.value, i), sequence(k.value, i, after: past[i].keys),
        sequence(v.value, i, after: past[i].values), sequence(gradient, i), heads: heads, kvHeads: kvHeads,
        causal: true)
      let before = past[i].keys.shape[0]
      let own = before..<before + lengths[i]
      return (q: parts.q[0], k: parts.k[0][own], v: parts.v[0][own])
    }
    return [parts.map(\.q), parts.map(\.k), parts.map(\.v)].map { Tensor.concatenating($0) }
  }
}

/// What an attention layer keeps of the tokens that a sequence begins with: (P, kvHeads·D) each.
struct KeysAndValues: Sendable {
  let keys: Tensor
  let values: Tensor
}

extension RotaryEmbedding.Angles {
  /// (T, heads·D) → (T, heads·D): what a turn does to gradients, the turn back does.
  func callAsFunction(_ x: Variable, heads: Int) -> Variable {
    Variable(self(x.value, heads: heads), of: [x]) { [inverse($0, heads: heads)] }
  }

  private var inverse: Self { Self(cosines: cosines, sines: -1 * sines, pairing: pairing) }
}
