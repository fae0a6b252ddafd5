import ArgumentParser
import Foundation
import Generation

/// How much memory may be used.
struct MemoryOptions: ParsableArguments {
  @Flag(name: .long, help: "Load each network when it is needed, and let it go when it is done.")
  var lowMemory = false

  @Flag(name: .long, help: "Try also what seems to need more memory than there is.")
  var force = false

  /// Makes a request fit into what is available, or says that it does not.
  func fit(
    _ request: GenerationRequest, count: Int, _ files: ModelFiles, _ options: inout PipelineOptions,
    _ run: RunOptions
  ) throws {
    options.isLowMemory = lowMemory
    guard !force, let available = SystemMemory.available else { return }
    let wished = options
    let plan = try MemoryPlan.fitting(request, count: count, files, &options, available: available)
    guard run.verbose, !run.quiet else { return }
    printError("needs about \(gigabytes(plan.peak)), of \(gigabytes(available)) available")
    if options.tiling != wished.tiling, let side = options.tiling?.latents {
      printError(
        "to fit, pictures are decoded in tiles of \(side * files.autoencoderConfiguration.pixelsPerLatent) pixels"
      )
    }
    if options.isLowMemory, !wished.isLowMemory {
      printError("to fit, networks are let go when they are done")
    }
  }
}

func gigabytes(_ bytes: Int) -> String { String(format: "%.2f GB", Double(bytes) / 1e9) }
