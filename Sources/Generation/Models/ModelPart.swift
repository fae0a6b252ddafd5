import Checkpoints

/// A part of a Stable Diffusion model, by the folder that diffusers keeps it in.
public enum ModelPart: String, CaseIterable, Sendable {
  case unet, vae, scheduler
  case textEncoder = "text_encoder"
  case textEncoder2 = "text_encoder_2"

  /// The folder of a text encoder's tokenizer.
  var tokenizerFolder: String { self == .textEncoder2 ? "tokenizer_2" : "tokenizer" }

  /// The same part of a single file; the scheduler has none.
  var section: SingleFileCheckpoint.Part? {
    switch self {
    case .unet: .unet
    case .vae: .autoencoder
    case .textEncoder: .textEncoder
    case .textEncoder2: .textEncoder2
    case .scheduler: nil
    }
  }
}
