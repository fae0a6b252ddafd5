import DiffusionModels

/// The networks of a model that make latents of a prompt.
struct LatentModel: Sendable {
  let files: ModelFiles
  let encoder: Part<any PromptEncoder>
  let unet: Part<UNet2DConditionModel>

  init(_ files: ModelFiles, _ options: PipelineOptions) throws {
    self.files = files
    try Self.check(files)
    unet = try Part(keeping: !options.isLowMemory) { try files.unet(options.precision) }
    encoder = try Part(keeping: !options.isLowMemory) {
      switch files.index.pipeline {
      case .signalTokens:
        try SignalTokenEncoder(files, languageModel: options.languageModel, quiet: options.isQuiet)
      case .stableDiffusion: try CLIPPromptEncoder(files)
      case .stableDiffusionXL: try SDXLPromptEncoder(files)
      }
    }
  }

  /// The UNet must take and give the autoencoder's latents; inpainting UNets take the mask and the masked picture too.
  private static func check(_ files: ModelFiles) throws {
    let (inputs, outputs) = (files.unetConfiguration.inChannels, files.unetConfiguration.outChannels)
    let latents = files.autoencoderConfiguration.latentChannels
    if outputs == latents, inputs == 2 * latents {
      throw GenerationError.incompatible(
        "\(files.url.path): edits pictures by instruction (InstructPix2Pix), which is not supported")
    }
    guard outputs == latents, inputs == latents || inputs == 2 * latents + 1 else {
      throw GenerationError.incompatible(
        "\(files.url.path): the channels of unet, \(inputs) → \(outputs), do not fit those of vae, \(latents)"
      )
    }
  }
}

extension ModelFiles {
  /// Whether the UNet is trained to see a mask and the masked picture beside the latents.
  var takesMask: Bool { unetConfiguration.inChannels > unetConfiguration.outChannels }
}
