import LanguageModels
import Tensors

/// A text that a frozen model has read: what sequences that go on from it need. Being before them, it does not depend on
/// them.
public struct ReadText: Sendable {
  let layers: [KeysAndValues]
  /// The state after the final norm at the last token, (1, hidden).
  let lastState: Tensor
  /// Tokens read.
  public let count: Int
  public var byteCount: Int {
    layers.reduce(lastState.byteCount) { $0 + $1.keys.byteCount + $1.values.byteCount }
  }
}

extension LlamaModel {
  /// Reads texts from their beginning, together; → one for each.
  public func reading(_ texts: [[Int]]) -> [ReadText] {
    let start = ReadText(
      layers: Array(repeating: .none(width: kvWidth), count: layerCount),
      lastState: Tensor.zeros([1, hiddenSize]),
      count: 0)
    let lengths = texts.map(\.count)
    let rows = Variable(constant: embed(texts.flatMap(\.self)))
    let (states, layers) = run(rows, lengths: lengths, after: texts.map { _ in start })
    var end = 0
    return lengths.indices.map { i in
      end += lengths[i]
      let range = end - lengths[i]..<end
      return ReadText(
        layers: layers.map { KeysAndValues(keys: $0.keys[range], values: $0.values[range]) },
        lastState: states.value[end - 1..<end], count: lengths[i])
    }
  }

  /// The states (B·n, hidden), after the final norm, at n input rows after each text: rows (B·n, hidden), text by text.
  public func states(_ rows: Variable, after texts: [ReadText]) -> Variable {
    let length = rows.value.shape[0] / texts.count
    precondition(rows.value.shape == [texts.count * length, hiddenSize])
    return run(rows, lengths: texts.map { _ in length }, after: texts).states
  }

  private var kvWidth: Int { configuration.kvHeadCount * configuration.headSize }

  private func run(
    _ rows: Variable, lengths: [Int], after texts: [ReadText]
  ) -> (states: Variable, layers: [KeysAndValues]) {
    let angles = zip(texts, lengths).map { rotary.angles($0.count..<$0.count + $1) }
    let turn = RotaryEmbedding.Angles(
      cosines: Tensor.concatenating(angles.map(\.cosines)), sines: Tensor.concatenating(angles.map(\.sines)),
      pairing: angles[0].pairing)
    var x = rows  // (T, hidden)
    var layers: [KeysAndValues] = []
    for (i, block) in blocks.enumerated() {
      let (layer, normalized) = (block.attention, block.attentionNorm(x))
      let (q, k) = (
        turn(layer.query(normalized), heads: layer.headCount),
        turn(layer.key(normalized), heads: layer.kvHeadCount)
      )
      let v = layer.value(normalized)
      layers.append(KeysAndValues(keys: k.value, values: v.value))
      x =
        x
        + layer.output(
          causalAttention(
            q, k, v, lengths: lengths, past: texts.map { $0.layers[i] }, heads: layer.headCount,
            kvHeads: layer.kvHeadCount))
      let (mlp, input) = (block.mlp, block.mlpNorm(x))
      x = x + mlp.down(swiglu(gate: mlp.gate(input), up: mlp.up(input)))
    }
    return (norm(x), layers)
  }
}

extension KeysAndValues {
  fileprivate static func none(width: Int) -> Self {
    Self(keys: Tensor.zeros([0, width]), values: Tensor.zeros([0, width]))
  }
}
