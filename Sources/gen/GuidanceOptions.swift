import ArgumentParser
import Generation

/// What guidance is to do beside the plain formula.
struct GuidanceOptions: ParsableArguments {
  @Option(help: "How far guidance keeps the contrast of the unguided picture, 0 to 1 (Lin et al. 2023: 0.7).")
  var guidanceRescale: Float = 0

  @Option(help: "The share of the steps before guidance starts, 0 to 1.")
  var guidanceStart = 0.0

  @Option(help: "The share of the steps after which guidance stops, 0 to 1.")
  var guidanceStop = 1.0

  @Flag(name: .long, help: "Adaptive projected guidance: high guidance scales without oversaturation.")
  var apg = false

  @Option(parsing: .unconditional, help: "APG: the share of the last update in the next; 0 for none.")
  var apgMomentum: Float = -0.5

  @Option(help: "APG: the longest update of a picture's latents; 0 for any.")
  var apgThreshold: Float = 15

  @Option(
    parsing: .unconditional, help: "APG: what stays of the update's parallel part; 1 is plain guidance.")
  var apgEta: Float = 0

  @Option(help: "Perturbed-attention guidance; 0 is off, 3 is usual. One more pass for each evaluation.")
  var pagScale: Float = 0

  @Option(
    help: "The self-attention layers it perturbs, with commas: names or patterns, like mid,up_blocks.1.")
  var pagLayers = "mid"

  var settings: GuidanceSettings {
    var settings = GuidanceSettings()
    settings.rescale = guidanceRescale
    (settings.start, settings.stop) = (guidanceStart, guidanceStop)
    if apg {
      var projection = GuidanceSettings.Projection()
      projection.momentum = apgMomentum == 0 ? nil : apgMomentum
      (projection.threshold, projection.eta) = (apgThreshold, apgEta)
      settings.projection = projection
    }
    settings.perturbedAttentionScale = pagScale
    settings.perturbedLayers = pagLayers.split(separator: ",").map(String.init)
    return settings
  }
}
