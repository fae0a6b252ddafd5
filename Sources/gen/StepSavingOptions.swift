import ArgumentParser
import Generation

/// Ways to make steps cheaper that change the picture a little.
struct StepSavingOptions: ParsableArguments {
  @Option(help: "DeepCache: run the whole UNet every so many steps only, as 3; 1 is off.")
  var deepCache = 1

  @Option(help: "The share of tokens that self-attention merges, 0 to 0.75; 0 is off.")
  var tokenMerging = 0.0

  var settings: StepSaving {
    var settings = StepSaving()
    (settings.deepCache, settings.tokenMerging) = (deepCache, tokenMerging)
    return settings
  }
}
