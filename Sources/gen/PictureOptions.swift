import ArgumentParser
import Foundation
import Generation

extension HiresFix.Upscaler: ExpressibleByArgument {}

/// What to start from, and what comes after the first pass.
struct PictureOptions: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("init-img"), .customLong("image")],
    help: "A PNG to start from instead of noise; its size is the result's.")
  var initialImage: String?

  @Option(help: "How much of the picture to start from is drawn anew, 0 to 1 (default: 0.75; with a mask 1).")
  var strength: Double?

  @Option(help: "A PNG that is white where the picture is drawn anew and black where it is kept.")
  var mask: String?

  @Option(help: "Draw a second time, this many times larger along both sides (hires fix).")
  var hiresScale: Double?

  @Option(help: "Steps of the second time; a strength of 0.5 takes half of them (default: as the first).")
  var hiresSteps: Int?

  @Option(help: "How much of the enlarged picture is drawn anew, 0 to 1.")
  var hiresStrength = 0.7

  @Option(help: "What is enlarged: latent (bilinear) or pixel (Lanczos).")
  var hiresUpscaler = HiresFix.Upscaler.latent

  @Option(help: "A model that takes the last steps, like Stable Diffusion XL's refiner.")
  var refiner: String?

  @Option(help: "The share of the noise, 0 to 1, after which the refiner takes over.")
  var refinerStart = 0.8

  func apply(to request: inout GenerationRequest) throws {
    request.initialPicture = try initialImage.map { try PNGFile.read(URL(filePath: $0)) }
    request.mask = try mask.map { try PNGFile.read(URL(filePath: $0)) }
    request.strength = strength ?? (mask == nil ? 0.75 : 1)
    request.refinerStart = refinerStart
    guard let hiresScale else {
      guard hiresSteps == nil else { throw UsageError("--hires-steps needs --hires-scale") }
      return
    }
    var fix = HiresFix()
    (fix.scale, fix.stepCount) = (hiresScale, hiresSteps)
    (fix.strength, fix.upscaler) = (hiresStrength, hiresUpscaler)
    request.hiresFix = fix
  }

  func apply(to options: inout PipelineOptions) throws {
    options.refiner = try refiner.map { try ModelFiles(contentsOf: URL(filePath: $0)) }
  }
}
