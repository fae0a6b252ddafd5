import Projectors
import Tensors

/// A projector in training: the computation of `OutputProjector`, over variables under the names that its file has.
public struct ProjectorNetwork {
  private let configuration: ProjectorConfiguration
  private let parameters: [String: Variable]

  /// - Parameter parameters: the tensors of `initialParameters`, trained or not.
  public init(_ configuration: ProjectorConfiguration, parameters: [String: Variable]) {
    self.configuration = configuration
    self.parameters = parameters
  }

  /// States (B, n, llm_hidden), input rows added where the design wants that → the conditioning (B, m, C).
  public func callAsFunction(_ states: Variable) -> Variable {
    switch configuration.kind {
    case .linear:
      let (batch, count) = (states.value.shape[0], configuration.queryCount)
      let flat = states.reshaped([batch, -1]).lastDimension(0..<count * configuration.llmHiddenSize)
      return linear("fc", flat.reshaped([batch, count, configuration.llmHiddenSize]))
    case .gill: return linear("model", transformer("tfm", linear("fc", states), queries: "query_embs"))
    case .nextGPT:
      return linear("out_fc", transformer("tfm", linear("in_fc", states), queries: "query_embs"))
    case .miniGPT5:
      let source = linear("fc.2", Activation.gelu(linear("fc.0", states)))
      return transformer("llm_to_t2i_mapping", source, queries: "t2i_decoder_prompt")
    case .metaQuery:
      let x = linear("in_proj", states)
      let shape = x.value.shape
      let position = self["position"].reshaped([shape[1] * shape[2]])
      let placed = x.reshaped([shape[0], -1]).addingRow(position).reshaped(shape)
      let encoded = (0..<configuration.encoderLayers).reduce(placed) {
        encoderLayer("encoder.layers.\($1)", $0, .gelu)
      }
      return linear("out_proj", norm("norm", encoded))
    }
  }

  private subscript(_ name: String) -> Variable {
    guard let parameter = parameters[name] else { preconditionFailure("no parameter \(name)") }
    return parameter
  }

  private func linear(_ name: String, _ x: Variable) -> Variable {
    Training.linear(x, self["\(name).weight"], bias: self["\(name).bias"])
  }

  private func norm(_ name: String, _ x: Variable) -> Variable {
    layerNorm(x, weight: self["\(name).weight"], bias: self["\(name).bias"])
  }

  /// `nn.Transformer(batch_first=True, norm_first=True)` with ReLU.
  private func transformer(_ name: String, _ source: Variable, queries: String) -> Variable {
    let encoded = (0..<configuration.encoderLayers).reduce(source) {
      encoderLayer("\(name).encoder.layers.\($1)", $0, .relu)
    }
    let memory = norm("\(name).encoder.norm", encoded)
    let targets = self[queries].repeated(source.value.shape[0])  // (B, 1, m, d)
    let start = targets.reshaped([source.value.shape[0], -1, configuration.hiddenSize])
    let decoded = (0..<configuration.decoderLayers).reduce(start) {
      decoderLayer("\(name).decoder.layers.\($1)", $0, memory: memory)
    }
    return norm("\(name).decoder.norm", decoded)
  }

  private func encoderLayer(_ name: String, _ x: Variable, _ activation: Activation) -> Variable {
    let attended = x + attention("\(name).self_attn", norm("\(name).norm1", x))
    return attended + feedForward(name, norm("\(name).norm2", attended), activation)
  }

  private func decoderLayer(_ name: String, _ x: Variable, memory: Variable) -> Variable {
    var x = x + attention("\(name).self_attn", norm("\(name).norm1", x))
    x = x + attention("\(name).multihead_attn", norm("\(name).norm2", x), context: memory)
    return x + feedForward(name, norm("\(name).norm3", x), .relu)
  }

  private func feedForward(_ name: String, _ x: Variable, _ activation: Activation) -> Variable {
    linear("\(name).linear2", activation(linear("\(name).linear1", x)))
  }

  /// `nn.MultiheadAttention`: x attends to `context`, or to itself.
  private func attention(_ name: String, _ x: Variable, context: Variable? = nil) -> Variable {
    let width = configuration.hiddenSize
    let (weight, bias) = (self["\(name).in_proj_weight"], self["\(name).in_proj_bias"])
    func projected(_ x: Variable, _ third: Int) -> Variable {
      let rows = third * width..<(third + 1) * width
      return Training.linear(x, weight[rows], bias: bias[rows])
    }
    let source = context ?? x
    let attended = Training.attention(
      projected(x, 0), projected(source, 1), projected(source, 2), heads: configuration.heads)
    return linear("\(name).out_proj", attended)
  }
}
