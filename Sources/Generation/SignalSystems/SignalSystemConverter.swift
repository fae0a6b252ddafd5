import Checkpoints
import Foundation
import Layers
import Projectors
import Tensors
import Tokenizers

/// Makes a model folder of a published system's checkpoint, its language model and its diffusion model.
public struct SignalSystemConverter {
  public var system: SignalSystem
  /// Files or folders; MiniGPT-5's second stage needs the first's too.
  public var checkpoints: [URL]
  /// A Hugging Face folder or GGUF file; nil where the checkpoint is a whole language model.
  public var languageModel: URL?
  /// A Stable Diffusion folder in diffusers' layout.
  public var diffusion: URL
  /// Instead of the system's own; with `{prompt}` and, at the end, `{signals}`.
  public var promptTemplate: String?
  /// `lora_alpha`, where the checkpoint was not trained with the system's own.
  public var adapterAlpha: Float?

  public init(_ system: SignalSystem, checkpoints: [URL], languageModel: URL?, diffusion: URL) {
    self.system = system
    self.checkpoints = checkpoints
    self.languageModel = languageModel
    self.diffusion = diffusion
  }

  /// Writes the folder aside and renames it when it is whole.
  /// - Parameter progress: called between parts with what comes next; what it throws stops the work.
  public func convert(to output: URL, progress: (String) throws -> Void = { _ in }) throws {
    guard !FileManager.default.fileExists(atPath: output.path) else {
      throw SignalSystemError.exists(output.path)
    }
    try progress("reading the checkpoint")
    let parts = try parts()
    let temporary = output.deletingLastPathComponent()
      .appending(path: ".\(output.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).part")
    do {
      try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    } catch {
      throw SignalSystemError.cannotWrite("\(output.path) cannot be created")
    }
    defer { try? FileManager.default.removeItem(at: temporary) }
    try write(parts, to: temporary, progress)
    guard rename(temporary.path, output.path) == 0 else {
      throw SignalSystemError.cannotWrite("\(output.path): \(String(cString: strerror(errno)))")
    }
  }

  private struct Parts {
    var traits: SignalSystemTraits
    var projector: ProjectorExtraction
    var rows: SignalRows
    var adapter: LowRankAdapter?
    var languageModel: LanguageModelCopy
    var diffusion: DiffusionCopy
  }

  private func parts() throws -> Parts {
    let checkpoint = try SignalCheckpoint(checkpoints)
    let (traits, prefix, hint) = try traits(checkpoint)
    let projector = try ProjectorExtraction(
      checkpoint, prefix: prefix, traits, template: promptTemplate, hint: hint)
    let isWhole = checkpoint.has("model.layers.0.self_attn.q_proj.weight")
    guard let url = languageModel ?? (isWhole ? checkpoint.folders.last : nil) else {
      throw SignalSystemError.languageModel(
        "the checkpoint holds only what was trained; name the language model by --llm")
    }
    let languageModel = try LanguageModelCopy(url, tokenizers: checkpoint.folders)
    guard languageModel.hiddenSize == projector.configuration.llmHiddenSize else {
      throw GenerationError.wrongLanguageModel(
        url.path, width: languageModel.hiddenSize, expected: projector.configuration.llmHiddenSize)
    }
    let rows =
      system == .gill
      ? try SignalRows(
        lastRowsOf: "model.input_embeddings.weight", in: checkpoint, count: traits.signals.count,
        width: languageModel.hiddenSize)
      : try SignalRows(
        checkpoint, traits, vocabulary: languageModel.tokenizer.vocabularyCount,
        width: languageModel.hiddenSize,
        known: languageModel.tokenizer.id(of:))
    let settings = checkpoint.adapter ?? traits.adapterScale.map(AdapterSettings.scale)
    let adapter = try LowRankAdapter(
      checkpoint.tensors, adapterAlpha.map(AdapterSettings.alpha) ?? settings,
      source: checkpoint.source)
    try verify(checkpoint, traits, prefix, projector, isWhole: isWhole)
    let diffusion = try DiffusionCopy(
      diffusion, width: projector.configuration.outputSize, needsTextEncoder: traits.nullCondition == .text,
      scheduler: traits.scheduler)
    return Parts(
      traits: traits, projector: projector, rows: rows, adapter: adapter, languageModel: languageModel,
      diffusion: diffusion)
  }

  /// What the system's code fixes, where the checkpoint keeps the projector, and where a missing part of it is.
  private func traits(
    _ checkpoint: SignalCheckpoint
  ) throws -> (SignalSystemTraits, prefix: String, hint: String) {
    let hasAdapter = checkpoint.tensors.keys.contains { $0.contains(".lora_A.") }
    switch system {
    case .miniGPT5:
      return (
        .miniGPT5(hasAdapter: hasAdapter), "",
        "the first stage's checkpoint holds it: name both, the first one first"
      )
    case .gill:
      if case .string(let mode)? = try checkpoint.setting("text_fc_mode", in: "model_args.json"),
        mode != "gill_mapper"
      {
        throw SignalSystemError.unsupported("text_fc_mode \(mode.prefix(40))", source: checkpoint.source)
      }
      let count = try checkpoint.setting("num_tokens", in: "model_args.json")?.integer ?? 8
      guard (1...4096).contains(count) else {
        throw ConfigurationError("num_tokens must be from 1 to 4096", file: "model_args.json")
      }
      return (.gill(signalCount: count), "model.gen_text_hidden_fcs.0.", "is it a checkpoint of GILL?")
    case .nextGPT:
      if !checkpoint.names(below: "gen_text_hidden_fcs.").isEmpty {
        return (.firstNExTGPT, "gen_text_hidden_fcs.0.", "pytorch_model.pt holds it")
      }
      let prefix = ["model.mm_output_img_projector.", "mm_output_img_projector."].first {
        !checkpoint.names(below: $0).isEmpty
      }
      return (
        .newNExTGPT, prefix ?? "mm_output_img_projector.",
        "mm_output_projector.bin or non_lora_trainables.bin holds it (first release: gen_text_hidden_fcs)"
      )
    }
  }

  /// Whatever nobody reads is an error.
  private func verify(
    _ checkpoint: SignalCheckpoint, _ traits: SignalSystemTraits, _ prefix: String,
    _ projector: ProjectorExtraction,
    isWhole: Bool
  ) throws {
    var used = Set(projector.tensors.keys.map { prefix + $0 })
    used.formUnion(
      system == .gill ? ["model.input_embeddings.weight"] : ["model.embed_tokens.weight", "lm_head.weight"])
    let unread = checkpoint.tensors.keys.filter { name in
      !used.contains(name) && !name.contains(".lora_A.") && !name.contains(".lora_B.")
        && !traits.ignored.contains { name.hasPrefix($0) }
        && !(isWhole && (name.hasPrefix("model.layers.") || name == "model.norm.weight"))
    }
    guard unread.isEmpty else {
      throw SignalSystemError.unread(unread.sorted(), source: checkpoint.source)
    }
  }

  private func write(_ parts: Parts, to folder: URL, _ progress: (String) throws -> Void) throws {
    try progress("writing the projector")
    try writeProjector(parts, to: folder.appending(path: "projector"))
    let copy = parts.languageModel
    try copy.write(
      to: folder.appending(path: "llm"), tables: copy.isGGUF ? nil : parts.rows.tables,
      adapter: parts.adapter,
      addedTokens: ownsSignals(parts) ? parts.rows.addedTokens : [:]
    ) {
      try progress("writing the language model")
    }
    try progress("copying the diffusion model")
    try parts.diffusion.write(to: folder)
    let kind = parts.projector.configuration.kind.rawValue
    let architecture = system == .gill ? "OPTForCausalLM" : "LlamaForCausalLM"
    var index: [String: Any] = [
      "_class_name": "SignalTokenPipeline", "guidance_scale": 7.5, "llm": ["transformers", architecture],
      "projector": ["voken", kind], "unet": ["diffusers", "UNet2DConditionModel"],
      "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", parts.diffusion.schedulerClass],
    ]
    if parts.traits.nullCondition == .text {
      index["text_encoder"] = ["transformers", "CLIPTextModel"]
      index["tokenizer"] = ["transformers", "CLIPTokenizer"]
    }
    try LanguageModelCopy.writeJSON(index, to: folder.appending(path: "model_index.json"))
  }

  /// Whether the signals become tokens of the language model itself.
  private func ownsSignals(_ parts: Parts) -> Bool {
    parts.rows.tables != nil && !parts.languageModel.isGGUF
  }

  private func writeProjector(_ parts: Parts, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var tensors = parts.projector.tensors
    if !ownsSignals(parts) {
      tensors["signal_embeddings.weight"] = parts.rows.input
      tensors["signal_head.weight"] = parts.rows.head
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(parts.projector.configuration).write(to: folder.appending(path: "config.json"))
    try SafetensorsFile.write(tensors, to: folder.appending(path: "model.safetensors"))
    // Reading it back checks every shape and value.
    _ = try loadProjector(folder: folder)
  }
}
