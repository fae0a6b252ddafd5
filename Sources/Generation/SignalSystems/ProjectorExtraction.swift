import Projectors
import Tensors

/// The projector inside a published checkpoint, its configuration read from the tensors' shapes.
struct ProjectorExtraction {
  let configuration: ProjectorConfiguration
  /// By the bare names of the projector's own file.
  let tensors: [String: Tensor]

  /// - Parameters:
  ///   - prefix: under which the checkpoint keeps it.
  ///   - hint: where a missing tensor is to be found.
  init(
    _ checkpoint: SignalCheckpoint, prefix: String, _ traits: SignalSystemTraits, template: String?,
    hint: String
  ) throws {
    func shape(_ name: String, rank: Int) throws -> [Int] {
      guard let tensor = checkpoint.tensors[prefix + name] else {
        throw SignalSystemError.missing(prefix + name, source: checkpoint.source, hint: hint)
      }
      guard tensor.shape.count == rank else {
        throw SignalSystemError.wrongShape(
          prefix + name, found: tensor.shape, expected: "\(rank) dimensions", source: checkpoint.source)
      }
      return tensor.shape
    }
    func layers(_ stack: String) -> Int {
      (0..<256).prefix { checkpoint.has("\(prefix)\(stack).layers.\($0).linear1.weight") }.count
    }
    let names = Names(traits.kind)
    let input = try shape(names.input, rank: 2)
    let queries = try shape(names.queries, rank: 3)
    let output = try names.output.map { try shape($0, rank: 2)[0] } ?? queries[2]
    let feedForward = try shape("\(names.transformer).encoder.layers.0.linear1.weight", rank: 2)[0]
    configuration = try ProjectorConfiguration(
      kind: traits.kind, llmHiddenSize: input[1], hiddenSize: queries[2],
      encoderLayers: layers("\(names.transformer).encoder"),
      decoderLayers: layers("\(names.transformer).decoder"), heads: traits.heads,
      feedForwardSize: feedForward,
      queryCount: queries[1], outputSize: output, signalTokens: traits.signals,
      stateOffset: traits.stateOffset,
      addsInputEmbeddings: traits.addsInputEmbeddings, nullCondition: traits.nullCondition,
      promptTemplate: template ?? traits.promptTemplate)
    var tensors: [String: Tensor] = [:]
    for part in names.parts {
      for name in checkpoint.names(below: prefix + part) {
        tensors[String(name.dropFirst(prefix.count))] = checkpoint.tensors[name]
      }
    }
    self.tensors = tensors
  }

  /// Where each design keeps what tells its sizes.
  private struct Names {
    let input: String
    let transformer: String
    let queries: String
    let output: String?

    init(_ kind: ProjectorKind) {
      switch kind {
      case .miniGPT5:
        (input, transformer, queries) = ("fc.0.weight", "llm_to_t2i_mapping", "t2i_decoder_prompt")
        output = nil
      case .nextGPT:
        (input, transformer, queries, output) = ("in_fc.weight", "tfm", "query_embs", "out_fc.weight")
      case .gill, .linear, .metaQuery:
        (input, transformer, queries, output) = ("fc.weight", "tfm", "query_embs", "model.weight")
      }
    }

    /// The beginnings of the names of its tensors.
    var parts: [String] {
      [input, output].compactMap { $0?.prefix { $0 != "." } }.map { "\($0)." } + ["\(transformer).", queries]
    }
  }
}
