import DiffusionModels
import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct MemoryPlanTests {
  private let files: ModelFiles

  init() throws { files = try ModelFiles(contentsOf: Fixture.url("pipeline/sd1")) }

  private func plan(
    _ options: PipelineOptions = PipelineOptions(), _ change: (inout GenerationRequest) -> Void = { _ in }
  ) throws -> MemoryPlan { try MemoryPlan(shortRequest(change), files, options) }

  @Test func weightsAreCountedByTheirShapes() throws {
    let plan = try plan()
    #expect(plan.phases.map(\.name) == ["read the prompt", "denoise", "decode"])
    // Four bytes for each parameter of the fp16 files, less their headers; half of the autoencoder's.
    func bytes(_ part: String) throws -> Int {
      try Fixture.tensors("pipeline/sd1/\(part)").values.reduce(0) { $0 + 4 * $1.count }
    }
    #expect(plan.phases[0].weights == (try bytes("text_encoder/model.safetensors")))
    // Some convolutions are held in a form of 16/9 the size.
    let unet = try bytes("unet/diffusion_pytorch_model.safetensors")
    #expect((unet..<unet * 16 / 9).contains(plan.phases[1].weights))
    let both = try bytes("vae/diffusion_pytorch_model.safetensors")
    #expect(plan.phases[2].weights > both / 2 && plan.phases[2].weights < both * 16 / 9)
    #expect(plan.peak > plan.phases.reduce(0) { $0 + $1.weights })
  }

  @Test func largerPicturesTakeMore() throws {
    let (small, large) = (try plan(), try plan { ($0.width, $0.height) = (128, 128) })
    #expect(large.phases[2].working == 4 * small.phases[2].working)
    #expect(large.phases[1].working > 3 * small.phases[1].working)
    #expect(large.phases[1].operations > 3.9 * small.phases[1].operations)
    let twice = try MemoryPlan(shortRequest(), count: 2, files, PipelineOptions())
    #expect(twice.phases[1].operations == 2 * small.phases[1].operations && twice.peak == small.peak)
  }

  @Test func guidanceDoublesTheUNetsWork() throws {
    let (guided, plain) = (try plan(), try plan { $0.guidanceScale = 1 })
    #expect(guided.phases[1].working == 2 * plain.phases[1].working)
  }

  @Test func tilesAndLowMemoryTakeLess() throws {
    var options = PipelineOptions()
    let large = { (request: inout GenerationRequest) in (request.width, request.height) = (512, 512) }
    let plain = try plan(options, large)
    options.isLowMemory = true
    let low = try plan(options, large)
    #expect(low.peak < plain.peak)
    options.tiling = Tiling(latents: 8)
    let tiled = try plan(options, large)
    #expect(tiled.phases[2].working < low.phases[2].working / 4)
    #expect(tiled.phases[2].operations > low.phases[2].operations)
  }

  @Test func everyTaskHasItsPhases() throws {
    let picture = try PNGFile.read(Fixture.url("pipeline/00-sd1.png"))
    #expect(
      try plan { $0.initialPicture = picture }.phases.map(\.name)
        == ["read the prompt", "encode the picture", "denoise", "decode"])
    #expect(
      try plan { $0.hiresFix = HiresFix() }.phases.map(\.name)
        == ["read the prompt", "denoise", "denoise enlarged", "decode"])
    for (name, first) in [("sdxl", "read the prompt"), ("signal", "read the prompt")] {
      try ModelFolder.with(name) {
        let plan = try MemoryPlan(shortRequest(), ModelFiles(contentsOf: $0.url), PipelineOptions())
        #expect(plan.phases[0].name == first && plan.phases[0].weights > 100_000)
      }
    }
  }

  // MARK: Fitting

  @Test func optionsChangeUntilTheRequestFits() throws {
    let request = shortRequest { ($0.width, $0.height) = (512, 512) }
    func fitting(_ available: Int) throws -> (PipelineOptions, MemoryPlan) {
      var options = PipelineOptions()
      let plan = try MemoryPlan.fitting(request, count: 1, files, &options, available: available)
      return (options, plan)
    }
    let whole = try MemoryPlan(request, files, PipelineOptions()).peak
    #expect(try fitting(whole).0.isLowMemory == false)
    let (low, lowPlan) = try fitting(whole - 1)
    #expect(low.isLowMemory && low.tiling == nil && lowPlan.peak < whole)
    let (tiled, tiledPlan) = try fitting(lowPlan.peak - 1)
    #expect(tiled.isLowMemory && tiled.tiling == Tiling(latents: 8) || tiled.tiling != nil)
    #expect(tiledPlan.peak < lowPlan.peak)
    let error = #expect(throws: MemoryPlan.TooLarge.self) { try fitting(1 << 20) }
    #expect(error?.description.contains("--force") == true)
  }

  /// A request that cannot be is refused for what is wrong with it, not for its size.
  @Test func wrongRequestsAreNamed() throws {
    #expect(throws: GenerationError.self) { try plan { $0.width = 63 } }
  }

  @Test func theSystemSaysWhatThereIs() {
    #if os(Linux)
      #expect((SystemMemory.available ?? 0) > 1 << 20)
      #expect((SystemMemory.peakResident ?? 0) > 1 << 20)
    #endif
  }
}
