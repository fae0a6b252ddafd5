import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

struct SingleFileCheckpointTests {
  private func checkpoint(_ names: [String: [Int]]) throws(CheckpointError) -> SingleFileCheckpoint {
    try SingleFileCheckpoint(names.mapValues { Tensor.zeros($0) }, url: URL(filePath: "/x.safetensors"))
  }

  /// The names of a UNet, there and back.
  @Test(arguments: ["sd1", "sd2", "sdxl", "inpainting"]) func namesGoBackToWhatTheyWere(_ family: String)
    throws
  {
    let file = try TensorFile(contentsOf: Fixture.url("formats/\(family).ckpt"))
    let prefix = "model.diffusion_model."
    let names = file.tensors.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    let modules = CompVisUNet.modules(of: names, isXL: family == "sdxl")
    let current = names.map { modules($0) ?? "none for \($0)" }
    #expect(Set(current).count == names.count)
    let inverse = CompVisUNet.inverse(of: current)
    #expect(current.map { inverse($0) } == names)
  }

  @Test func families() throws {
    let expected: [(String, SingleFileCheckpoint.Family)] = [
      ("sd1", .sd1), ("sd2", .sd2), ("sdxl", .sdxl), ("refiner", .sdxlRefiner), ("inpainting", .sd1),
    ]
    for (name, family) in expected {
      let file = try SingleFileCheckpoint(contentsOf: Fixture.url("formats/\(name).ckpt"))
      #expect(file.family == family, "\(name)")
      #expect(file.globalStep == 470_000 && file.isInpainting == (name == "inpainting"))
    }
  }

  /// Single networks: a UNet or an autoencoder alone, in the original layout or in diffusers', with or without a prefix.
  @Test(arguments: [
    ("input_blocks.0.0.weight", SingleFileCheckpoint.Part.unet, "conv_in.weight"),
    ("model.diffusion_model.out.2.bias", .unet, "conv_out.bias"),
    ("unet.conv_in.weight", .unet, "conv_in.weight"),
    ("mid_block.resnets.0.conv1.weight", .unet, "mid_block.resnets.0.conv1.weight"),
    ("encoder.conv_in.weight", .autoencoder, "encoder.conv_in.weight"),
    ("first_stage_model.decoder.norm_out.bias", .autoencoder, "decoder.conv_norm_out.bias"),
    ("vae.decoder.mid.attn_1.q.weight", .autoencoder, "decoder.mid_block.attentions.0.to_q.weight"),
    (
      "vae.decoder.mid_block.attentions.0.query.weight", .autoencoder,
      "decoder.mid_block.attentions.0.query.weight"
    ),
    ("cond_stage_model.model.ln_final.bias", .textEncoder, "text_model.final_layer_norm.bias"),
    (
      "cond_stage_model.1.transformer.text_model.final_layer_norm.bias", .textEncoder2,
      "text_model.final_layer_norm.bias"
    ),
    ("te.text_model.final_layer_norm.bias", .textEncoder, "text_model.final_layer_norm.bias"),
  ])
  func places(_ name: String, _ part: SingleFileCheckpoint.Part, _ expected: String) throws {
    #expect(try checkpoint([name: [4, 4]]).shapes(of: part) == [expected: [4, 4]])
  }

  /// What training leaves behind is no part; what would change the picture is refused by name.
  @Test func otherTensors() throws {
    let file = try checkpoint([
      "model_ema.decay": [], "betas": [4], "first_stage_model.loss.logvar": [],
      "cond_stage_model.logit_scale": [],
      "cond_stage_model.transformer.text_model.embeddings.position_ids": [1, 77], "v_pred": [],
    ])
    for part in SingleFileCheckpoint.Part.allCases { #expect(file.shapes(of: part).isEmpty, "\(part)") }
    #expect(file.marks.contains("v_pred"))
    for name in ["edm_mean", "edm_vpred.sigma_max", "control_model.time_embed.0.weight"] {
      let message = fault { () throws(CheckpointError) in _ = try checkpoint([name: [1]]) }
      #expect(message?.contains("not supported") == true, "\(name)")
    }
  }

  /// OpenCLIP's fused projections come apart, and its last matrix is turned around.
  @Test func openCLIP() throws {
    let tensors = [
      "transformer.resblocks.0.attn.in_proj_weight": Tensor((0..<12).map(Float.init), shape: [6, 2]),
      "text_projection": Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3]),
    ]
    let translated = CLIPNames.translated(tensors)
    #expect(translated["text_model.encoder.layers.0.self_attn.k_proj.weight"]?.floats == [4, 5, 6, 7])
    #expect(translated["text_projection.weight"]?.shape == [3, 2])
    #expect(translated["text_projection.weight"]?.floats == [1, 4, 2, 5, 3, 6])
  }

  @Test func twoNamesForOneTensor() {
    let message = fault { () throws(CheckpointError) in
      _ = try checkpoint(["input_blocks.0.0.weight": [1], "conv_in.weight": [1]])
    }
    #expect(message?.contains("conv_in.weight") == true)
  }

  /// Shapes that city96's converter keeps in the metadata.
  @Test func restoredShapes() throws {
    let shape = GGUFBytes.value(
      "comfy.gguf.orig_shape.w", type: 9,
      littleEndian(UInt32(5)) + littleEndian(UInt64(4)) + [4, 2, 3, 3].flatMap { littleEndian(UInt32($0)) })
    let bytes = GGUFBytes.file(
      values: [shape], tensors: [GGUFBytes.tensor("w", [72], type: 0)], dataBytes: 288)
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.gguf")
      try Data(bytes).write(to: url)
      #expect(try Weights(contentsOf: url).shape(of: "w") == [4, 2, 3, 3])
      try Data(bytes.map { $0 }).prefix(60).write(to: url)
      #expect(throws: CheckpointError.self) { try Weights(contentsOf: url) }
    }
  }
}
