import LanguageModels
import Projectors
import Tensors

extension ProjectorNetwork {
  /// Where training starts: matrices uniform after Glorot & Bengio 2010, biases 0, norms 1, queries and positions normal,
  /// by their names in the projector's file.
  public static func initialParameters(
    _ configuration: ProjectorConfiguration, seed: UInt64
  ) -> [String: Tensor] {
    var made = Parameters(random: SplitMix64(seed: seed))
    let (width, feedForward) = (configuration.hiddenSize, configuration.feedForwardSize)
    let (inputs, outputs) = (configuration.llmHiddenSize, configuration.outputSize)
    func layer(_ name: String, attentions: [String]) {
      for (i, attention) in attentions.enumerated() {
        made.matrix("\(name).\(attention).in_proj_weight", 3 * width, width)
        made.constant("\(name).\(attention).in_proj_bias", 3 * width, 0)
        made.linear("\(name).\(attention).out_proj", width, width)
        made.norm("\(name).norm\(i + 1)", width)
      }
      made.linear("\(name).linear1", width, feedForward)
      made.linear("\(name).linear2", feedForward, width)
      made.norm("\(name).norm\(attentions.count + 1)", width)
    }
    func transformer(_ name: String, queries: String) {
      for i in 0..<configuration.encoderLayers {
        layer("\(name).encoder.layers.\(i)", attentions: ["self_attn"])
      }
      for i in 0..<configuration.decoderLayers {
        layer("\(name).decoder.layers.\(i)", attentions: ["self_attn", "multihead_attn"])
      }
      made.norm("\(name).encoder.norm", width)
      made.norm("\(name).decoder.norm", width)
      made.normal(queries, [1, configuration.queryCount, width])
    }
    switch configuration.kind {
    case .linear: made.linear("fc", inputs, outputs)
    case .gill:
      made.linear("fc", inputs, width)
      transformer("tfm", queries: "query_embs")
      made.linear("model", width, outputs)
    case .nextGPT:
      made.linear("in_fc", inputs, width)
      transformer("tfm", queries: "query_embs")
      made.linear("out_fc", width, outputs)
    case .miniGPT5:
      made.linear("fc.0", inputs, width)
      made.linear("fc.2", width, width)
      transformer("llm_to_t2i_mapping", queries: "t2i_decoder_prompt")
    case .metaQuery:
      made.linear("in_proj", inputs, width)
      made.normal("position", [1, configuration.queryCount, width])
      for i in 0..<configuration.encoderLayers {
        layer("encoder.layers.\(i)", attentions: ["self_attn"])
      }
      made.norm("norm", width)
      made.linear("out_proj", width, outputs)
    }
    return made.tensors
  }

  /// The first layer, which reads the states, and the last, whose rows are the conditioning's channels.
  public static func ends(_ kind: ProjectorKind) -> (first: String, last: String) {
    switch kind {
    case .linear: ("fc", "fc")
    case .gill: ("fc", "model")
    case .nextGPT: ("in_fc", "out_fc")
    case .miniGPT5: ("fc.0", "llm_to_t2i_mapping.decoder.norm")
    case .metaQuery: ("in_proj", "out_proj")
    }
  }

  private struct Parameters {
    var random: SplitMix64
    private(set) var tensors: [String: Tensor] = [:]

    init(random: SplitMix64) { self.random = random }

    mutating func matrix(_ name: String, _ outputs: Int, _ inputs: Int) {
      let bound = (6 / Double(inputs + outputs)).squareRoot()
      let values = (0..<inputs * outputs).map { _ in Float((2 * random.unit() - 1) * bound) }
      tensors[name] = Tensor(values, shape: [outputs, inputs])
    }

    mutating func linear(_ name: String, _ inputs: Int, _ outputs: Int) {
      matrix("\(name).weight", outputs, inputs)
      constant("\(name).bias", outputs, 0)
    }

    mutating func norm(_ name: String, _ width: Int) {
      constant("\(name).weight", width, 1)
      constant("\(name).bias", width, 0)
    }

    mutating func constant(_ name: String, _ count: Int, _ value: Float) {
      tensors[name] = Tensor(repeating: value, shape: [count])
    }

    mutating func normal(_ name: String, _ shape: [Int]) {
      var source = TorchRandomSource(seed: random.next())
      tensors[name] = Tensor(source.normal(shape.reduce(1, *)), shape: shape)
    }
  }
}
