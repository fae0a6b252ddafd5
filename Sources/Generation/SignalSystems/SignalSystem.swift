import Projectors

/// The published systems in which a language model asks for pictures by signal tokens, as their checkpoints know them.
public enum SignalSystem: String, Sendable, CaseIterable {
  /// MiniGPT-5 (Zheng et al. 2023, arXiv:2310.02239).
  case miniGPT5 = "minigpt5"
  /// GILL (Koh et al. 2023, arXiv:2305.17216).
  case gill
  /// NExT-GPT (Wu et al. 2023, arXiv:2309.05519), its first release and its newer code.
  case nextGPT = "nextgpt"
}

/// What a system's code fixes and its checkpoint does not say.
struct SignalSystemTraits: Sendable {
  var kind: ProjectorKind
  var signals: [String]
  /// The tokens that training added to the language model's, in order; the signals are among them.
  var addedTokens: [String]
  var stateOffset: Int
  var addsInputEmbeddings: Bool
  var nullCondition: NullCondition
  var heads: Int
  /// LoRA's alpha over its rank, which no file of the checkpoint says.
  var adapterScale: Float?
  var promptTemplate: String
  /// The scheduler's class, where the system replaces the diffusion model's own.
  var scheduler: String?
  /// Parts of the checkpoint that take no part in drawing from a prompt.
  var ignored: [String]

  static func names(_ count: Int, _ form: (Int) -> String) -> [String] { (0..<count).map(form) }

  static func miniGPT5(hasAdapter: Bool) -> Self {
    let signals = names(8) { "[IMG\($0)]" }
    return Self(
      kind: .miniGPT5, signals: signals, addedTokens: signals + ["<ImageHere>"], stateOffset: -1,
      addsInputEmbeddings: false, nullCondition: .zeros, heads: 8, adapterScale: 2,
      // The first stage learns captions followed by the tokens; the second, conversations.
      promptTemplate: hasAdapter ? "###Human: {prompt} ###Assistant:{signals}" : "{prompt}{signals}",
      ignored: ["llama_proj.", "Qformer.", "query_tokens", "visual_encoder.", "ln_vision."])
  }

  static func gill(signalCount: Int) -> Self {
    Self(
      kind: .gill, signals: names(signalCount) { "[IMG\($0)]" }, addedTokens: [], stateOffset: 0,
      addsInputEmbeddings: true, nullCondition: .text, heads: 4, promptTemplate: "{prompt}{signals}",
      ignored: [
        "model.ret_text_hidden_fcs.", "model.visual_embeddings.", "model.visual_fc.", "model.logit_scale",
      ])
  }

  static let firstNExTGPT = Self(
    kind: .gill, signals: names(4) { "[IMG\($0)]" },
    addedTokens: ["<Img>", "</Img>"] + names(4) { "[IMG\($0)]" } + names(24) { "[VID\($0)]" }
      + names(8) { "[AUD\($0)]" },
    stateOffset: 0, addsInputEmbeddings: true, nullCondition: .text, heads: 4, adapterScale: 1,
    promptTemplate: "### Human: {prompt}\n### Assistant:{signals}",
    ignored: ["llama_proj.", "gen_text_hidden_fcs_video.", "gen_text_hidden_fcs_audio."])

  static let newNExTGPT = Self(
    kind: .nextGPT, signals: names(4) { "<image_0\($0)>" },
    addedTokens: names(4) { "<image_0\($0)>" } + names(24) { "<video_\($0 < 10 ? "0" : "")\($0)>" }
      + names(8) { "<audio_0\($0)>" },
    stateOffset: 0, addsInputEmbeddings: true, nullCondition: .text, heads: 4, adapterScale: 2,
    promptTemplate:
      "A chat between a curious human and an artificial intelligence assistant. The assistant gives "
      + "helpful, detailed, and polite answers to the human's questions. USER: {prompt} ASSISTANT:{signals}",
    scheduler: "EulerDiscreteScheduler",
    ignored: [
      "model.mm_input_projector.", "model.mm_output_vid_projector.", "model.mm_output_aud_projector.",
    ])
}
