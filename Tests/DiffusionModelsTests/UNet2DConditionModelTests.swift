import Checkpoints
import DiffusionModels
import Tensors
import TestSupport
import Testing

@Suite struct UNet2DConditionModelTests {
  @Test(
    arguments: [
      "sd1", "sd2", "sdxl", "lcm", "inpainting", "pruned", "rare", "class-table", "class-timestep",
      "class-identity", "class-projection", "class-simple",
    ])
  func equalsDiffusers(_ name: String) throws {
    let unet = try UNet2DConditionModel(folder: Fixture.url("diffusion/\(name)"))
    let reference = try Fixture.tensors("diffusion/\(name)/reference.safetensors")
    let conditioning = try unet.conditioning(#require(reference["tokens"]), added(reference, to: name))
    for i in 0..<4 {
      guard let latents = reference["\(i).latents"] else { continue }
      let output = try unet(latents, timesteps: #require(reference["\(i).timesteps"]).floats, conditioning)
      expectClose(output, try #require(reference["\(i).output"]), 1e-5, "\(name) \(i)")
    }
  }

  @Test func resultsDoNotDependOnTheNumberOfThreads() throws {
    let unet = try UNet2DConditionModel(folder: Fixture.url("diffusion/sd1"))
    let reference = try Fixture.tensors("diffusion/sd1/reference.safetensors")
    let tokens = try #require(reference["tokens"])
    let latents = try #require(reference["1.latents"])
    let before = ThreadPool.threadCount
    defer { ThreadPool.threadCount = before }
    let outputs = try [1, 2, 5].map { threads in
      ThreadPool.threadCount = threads
      return try unet(latents, timestep: 601, unet.conditioning(tokens)).floats
    }
    #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2])
  }

  private func added(_ reference: [String: Tensor], to name: String) -> AddedConditions {
    let labels = reference["class_labels"].map {
      $0.shape.count == 1
        ? AddedConditions.ClassLabels.numbers($0.floats.map { Int($0) }) : .vectors($0)
    }
    return AddedConditions(
      textEmbeddings: reference["text_embeds"], timeIDs: reference["time_ids"],
      guidance: reference["timestep_cond"], classLabels: labels)
  }
}

extension UNet2DConditionModelTests {
  /// As far from diffusers as rounding goes.
  @Test(arguments: [(Precision.bf16, 0.026), (.int8, 0.044)] as [(Precision, Double)])
  func precisions(_ precision: Precision, _ tolerance: Double) throws {
    let unet = try UNet2DConditionModel(folder: Fixture.url("diffusion/sd1"), precision: precision)
    let reference = try Fixture.tensors("diffusion/sd1/reference.safetensors")
    let conditioning = try unet.conditioning(#require(reference["tokens"]))
    let output = try unet(
      #require(reference["0.latents"]), timesteps: #require(reference["0.timesteps"]).floats, conditioning)
    let expected = try #require(reference["0.output"])
    let error = zip(output.doubles, expected.doubles).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let share = (error / expected.doubles.reduce(0) { $0 + $1 * $1 }).squareRoot()
    #expect(share > 1e-5 && share <= tolerance, "relative error \(share)")
  }
}
