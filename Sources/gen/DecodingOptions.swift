import ArgumentParser
import DiffusionModels
import Foundation
import Generation

/// How latents become pictures.
struct DecodingOptions: ParsableArguments {
  @Option(help: "A TAESD folder or file to decode with: fast, a little less exact.")
  var taesd: String?

  @Flag(name: .long, help: "Decode in tiles, which takes less memory for large pictures.")
  var vaeTiling = false

  @Option(help: "The tiles' side in pixels (default: the size that the autoencoder was trained at).")
  var vaeTileSize: Int?

  func apply(to options: inout PipelineOptions, _ files: ModelFiles) throws {
    options.tinyAutoencoder = taesd.map { URL(filePath: $0) }
    options.checkpoint = Interrupt.check
    let configuration = files.autoencoderConfiguration
    if let vaeTileSize {
      let smallest = 4 * configuration.pixelsPerLatent
      guard vaeTileSize >= smallest else {
        throw UsageError("--vae-tile-size \(vaeTileSize) is below \(smallest)")
      }
      options.tiling = Tiling(latents: vaeTileSize / configuration.pixelsPerLatent)
    } else if vaeTiling {
      options.tiling = Tiling(configuration)
    }
  }
}

/// Pictures of what is not finished yet.
struct PreviewOptions: ParsableArguments {
  @Option(help: "A PNG that shows the picture while it is drawn.")
  var previewPath: String?

  @Option(help: "Steps from one preview to the next.")
  var previewInterval = 5

  @Flag(name: .long, help: "Use --taesd for the previews only.")
  var taesdPreviewOnly = false

  func apply(to options: inout PipelineOptions) throws {
    try previewInterval.checked("--preview-interval", 1...100_000)
    if taesdPreviewOnly {
      guard previewPath != nil, options.tinyAutoencoder != nil else {
        throw UsageError("--taesd-preview-only needs --taesd and --preview-path")
      }
      (options.previewAutoencoder, options.tinyAutoencoder) = (options.tinyAutoencoder, nil)
    }
    guard let previewPath else { return }
    try OutputPath(previewPath).checkWritable(count: 1)
    options.previewInterval = previewInterval
  }
}
