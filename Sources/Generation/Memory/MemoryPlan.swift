import DiffusionModels
import Foundation
import Tensors

/// What a request will take before any of it is done: memory and arithmetic, part by part, from the shapes of the tensors
/// alone. Nothing is loaded.
public struct MemoryPlan: Sendable {
  /// A part of the work and what it holds at once, in bytes.
  public struct Phase: Sendable {
    public let name: String
    public let weights: Int
    public let working: Int
    /// Multiplications and additions.
    public let operations: Double
  }

  public let phases: [Phase]
  /// Whether each phase's weights go before the next one's come.
  public let isLowMemory: Bool
  public let tiling: Tiling?

  /// What the process holds before there is a model.
  static let baseline = 48 << 20

  /// The most that is held at once, in bytes.
  public var peak: Int {
    let all = phases.reduce(0) { $0 + $1.weights }
    let most = phases.map { $0.working + (isLowMemory ? $0.weights : all) }.max() ?? 0
    return Self.baseline + most
  }

  /// - Parameter count: pictures.
  public init(
    _ request: GenerationRequest, count: Int = 1, _ files: ModelFiles, _ options: PipelineOptions
  ) throws {
    let plan = try RunPlan(request, files, refiner: options.refiner)
    let widths = NetworkCost.Widths(options.precision)
    isLowMemory = options.isLowMemory
    tiling = options.tiling
    var phases = [try Self.prompt(files, options, passes: plan.first.guidance.passes.isEmpty ? 1 : 2)]
    let autoencoder = try files.shapes(of: .vae)
    func phase(_ name: String, _ cost: NetworkCost, times: Int = 1) -> Phase {
      Phase(
        name: name, weights: cost.weights, working: cost.working, operations: cost.operations * Double(times))
    }
    func coding(decodes: Bool, _ settings: ResolvedRequest) -> NetworkCost {
      let (height, width) = (settings.latentShape[1], settings.latentShape[2])
      guard let tiling = options.tiling, tiling.divides(height: height, width: width) else {
        return .autoencoder(autoencoder, decodes: decodes, latents: (height, width), widths)
      }
      var cost = NetworkCost.autoencoder(
        autoencoder, decodes: decodes, latents: (min(height, tiling.latents), min(width, tiling.latents)),
        widths)
      let stride = tiling.latents / 4 * 3
      let tiles = ((height + stride - 1) / stride) * ((width + stride - 1) / stride)
      cost.operations *= Double(tiles)
      // The finished rows of tiles, and the picture that they are joined to.
      let pixels =
        height * width * files.autoencoderConfiguration.pixelsPerLatent
        * files.autoencoderConfiguration.pixelsPerLatent
      cost.working += 2 * 12 * pixels
      return cost
    }
    if request.initialPicture != nil {
      phases.append(
        phase("encode the picture", coding(decodes: false, plan.first), times: request.mask == nil ? 1 : 2))
    }
    func denoising(_ name: String, _ files: ModelFiles, _ settings: ResolvedRequest) throws -> Phase {
      let images = settings.guidance.passes.contains(.unconditional) ? 2 : 1
      let cost = NetworkCost.unet(
        try files.shapes(of: .unet), latents: (settings.latentShape[1], settings.latentShape[2]),
        images: images,
        tokens: 77, widths)
      let evaluations = settings.plan.steps.count * settings.kind.evaluationsPerStep
      return phase(name, cost, times: evaluations * count)
    }
    phases.append(try denoising("denoise", files, plan.first))
    if let refining = plan.refining, let refiner = options.refiner {
      phases.append(try denoising("refine", refiner, refining))
    }
    if let enlarged = plan.enlarged {
      let again = try denoising("denoise enlarged", files, enlarged)
      // The same weights.
      phases.append(
        Phase(
          name: again.name, weights: isLowMemory ? again.weights : 0, working: again.working,
          operations: again.operations))
    }
    let last = plan.enlarged ?? plan.first
    if options.tinyAutoencoder != nil {
      let pixels = last.width * last.height
      phases.append(Phase(name: "decode", weights: 5 << 20, working: pixels * 64 * 4 * 4, operations: 0))
    } else {
      phases.append(phase("decode", coding(decodes: true, last), times: count))
    }
    self.phases = phases
  }

  private static func prompt(
    _ files: ModelFiles, _ options: PipelineOptions, passes: Int
  ) throws -> Phase {
    var cost = NetworkCost()
    if files.index.pipeline == .signalTokens {
      cost.weights = try files.signalBytes(languageModel: options.languageModel)
      cost.working = 16 << 20
    } else {
      let encoders: [ModelPart] =
        files.index.pipeline == .stableDiffusion
        ? [.textEncoder] : files.index.hasFirstTextEncoder ? [.textEncoder, .textEncoder2] : [.textEncoder2]
      for encoder in encoders {
        cost = cost + .text(try files.shapes(of: encoder), tokens: 77 * passes, NetworkCost.Widths())
      }
      cost.working = 32 << 20
    }
    return Phase(
      name: "read the prompt", weights: cost.weights, working: cost.working, operations: cost.operations)
  }
}

extension MemoryPlan {
  /// A request that needs more memory than there is.
  public struct TooLarge: Error, CustomStringConvertible {
    public let needed: Int
    public let available: Int

    public var description: String {
      "this needs about \(Self.gigabytes(needed)) of memory, and \(Self.gigabytes(available)) are available: make the "
        + "picture smaller, or try anyway with --force"
    }

    static func gigabytes(_ bytes: Int) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
  }

  /// Changes options until a request fits: first networks are let go when they are done, then pictures are coded in ever
  /// smaller tiles.
  ///
  /// - Throws: `TooLarge` where nothing helps.
  public static func fitting(
    _ request: GenerationRequest, count: Int, _ files: ModelFiles, _ options: inout PipelineOptions,
    available: Int
  ) throws -> MemoryPlan {
    var plan = try MemoryPlan(request, count: count, files, options)
    guard plan.peak > available else { return plan }
    options.isLowMemory = true
    plan = try MemoryPlan(request, count: count, files, options)
    var side = (options.tiling ?? Tiling(files.autoencoderConfiguration)).latents
    let smallest = min(16, side)
    while plan.peak > available, side >= smallest {
      options.tiling = Tiling(latents: side)
      plan = try MemoryPlan(request, count: count, files, options)
      side /= 2
    }
    guard plan.peak <= available else { throw TooLarge(needed: plan.peak, available: available) }
    return plan
  }
}
