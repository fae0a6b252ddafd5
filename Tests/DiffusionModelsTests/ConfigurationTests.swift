import DiffusionModels
import Foundation
import Layers
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  @Test func emptyFilesMeanTheDefaults() throws {
    let unet = try UNet2DConfiguration(json: Data("{}".utf8))
    #expect(unet.downBlocks.map(\.channels) == [320, 640, 1280, 1280])
    #expect(unet.upBlocks.map(\.layers) == [3, 3, 3, 3])
    #expect(unet.downBlocks.map { $0.transformerDepths ?? [] } == [[1, 1], [1, 1], [1, 1], []])
    #expect(unet.midBlock == .crossAttention(depth: 1))
    let vae = try AutoencoderKLConfiguration(json: Data("{}".utf8))
    #expect(vae.scalingFactor == 0.18215)
  }

  @Test func neutralAndPrivateSettingsAreIgnored() throws {
    _ = try UNet2DConfiguration(
      json: Data(
        #"{"_name_or_path": "x", "new_feature": null, "other": false, "list": [null], "dropout": 0.1}"#.utf8))
  }

  @Test(
    arguments: [
      // What is not supported.
      (#"{"new_feature": 2}"#, "new_feature 2 is not supported"),
      (#"{"new_feature": {"a": 1}}"#, "new_feature {…} is not supported"),
      (#"{"dual_cross_attention": true}"#, "dual_cross_attention true is not supported"),
      (#"{"encoder_hid_dim": 768}"#, "encoder_hid_dim 768 is not supported"),
      (#"{"encoder_hid_dim_type": "text_proj"}"#, #"encoder_hid_dim_type "text_proj" is not supported"#),
      (#"{"cross_attention_norm": "layer_norm"}"#, #"cross_attention_norm "layer_norm" is not supported"#),
      (#"{"attention_type": "gated"}"#, #"attention_type "gated" is not supported"#),
      (#"{"time_embedding_type": "fourier"}"#, #"time_embedding_type "fourier" is not supported"#),
      (#"{"act_fn": "mish"}"#, #"act_fn "mish" is not supported"#),
      (#"{"class_embed_type": "magic"}"#, #"class_embed_type "magic" is not supported"#),
      (#"{"class_embeddings_concat": true}"#, "class_embeddings_concat true is not supported"),
      (#"{"addition_embed_type": "image"}"#, #"addition_embed_type "image" is not supported"#),
      (
        #"{"resnet_time_scale_shift": "ada_group"}"#, #"resnet_time_scale_shift "ada_group" is not supported"#
      ),
      (#"{"mid_block_type": "UNetMidBlock2DSimpleCrossAttn"}"#, "UNetMidBlock2DSimpleCrossAttn"),
      (#"{"down_block_types": ["KDownBlock2D"]}"#, #"down_block_types "KDownBlock2D" is not supported"#),
      (#"{"conv_in_kernel": 4}"#, "conv_in_kernel 4 is not supported"),
      (#"{"_class_name": "UNet3DConditionModel"}"#, #"_class_name is "UNet3DConditionModel""#),
      // What cannot be.
      (#"[]"#, "not a JSON object"), ("{", "not a JSON object"), (#"{"in_channels": 1e999}"#, "JSON"),
      (#"{"in_channels": -4}"#, "in_channels is -4"), (#"{"in_channels": 4.5}"#, "in_channels is 4.5"),
      (#"{"in_channels": 99999999999999}"#, "in_channels is 99999999999999"),
      (#"{"in_channels": "4"}"#, #"in_channels is "4""#),
      (#"{"norm_num_groups": 0}"#, "norm_num_groups is 0"),
      (#"{"norm_num_groups": 48}"#, "norm_num_groups is 48, expected a divisor of 320 channels"),
      (#"{"norm_eps": -1}"#, "norm_eps is -1"),
      (#"{"mid_block_scale_factor": 0}"#, "mid_block_scale_factor is 0"),
      (#"{"block_out_channels": []}"#, "block_out_channels is []"),
      (#"{"block_out_channels": [320, 640]}"#, "down_block_types"),
      (#"{"block_out_channels": [320, 640, 0, 1280]}"#, "block_out_channels is [320, 640, 0, 1280]"),
      (
        #"{"layers_per_block": [1, 2]}"#,
        "layers_per_block is [1, 2], expected one value for each of 4 blocks"
      ),
      (#"{"layers_per_block": 0}"#, "layers_per_block"),
      (#"{"layers_per_block": 100000}"#, "layers_per_block"),
      (#"{"attention_head_dim": [5, 10]}"#, "attention_head_dim is [5, 10]"),
      (#"{"attention_head_dim": 7}"#, "attention_head_dim is 7, expected a number of heads that divides 320"),
      (#"{"attention_head_dim": 0}"#, "attention_head_dim"),
      (#"{"num_attention_heads": 3}"#, "num_attention_heads is 3"),
      (#"{"cross_attention_dim": [768, null, 768, 768]}"#, "cross_attention_dim is [768, null, 768, 768]"),
      (#"{"only_cross_attention": [true]}"#, "only_cross_attention is [true]"),
      (#"{"only_cross_attention": 1}"#, "only_cross_attention is 1"),
      (
        #"{"transformer_layers_per_block": [1, [1, 2, 3], 1, 1]}"#,
        "transformer_layers_per_block is [1, 2, 3]"
      ),
      (#"{"transformer_layers_per_block": -1}"#, "transformer_layers_per_block is -1"),
      (#"{"reverse_transformer_layers_per_block": [1]}"#, "reverse_transformer_layers_per_block is [1]"),
      (#"{"class_embed_type": "projection"}"#, "projection_class_embeddings_input_dim is null"),
      (#"{"addition_embed_type": "text_time"}"#, "addition_time_embed_dim is null"),
      (#"{"freq_shift": 160}"#, "freq_shift is 160"),
      (#"{"sample_size": [64]}"#, "sample_size is [64]"),
      (#"{"downsample_padding": 3}"#, "downsample_padding is 3"),
    ])
  func faultsInUNetsAreNamed(_ json: String, _ fault: String) {
    expectFault(fault) { _ = try UNet2DConfiguration(json: Data(json.utf8), source: "unet/config.json") }
  }

  @Test(
    arguments: [
      (#"{"latents_mean": [0.1, 0.2]}"#, "latents_mean [0.1, 0.2] is not supported"),
      (#"{"latents_std": [1]}"#, "latents_std [1] is not supported"),
      (#"{"scaling_factor": 0}"#, "scaling_factor is 0"), (#"{"shift_factor": "a"}"#, "shift_factor"),
      (#"{"down_block_types": ["AttnDownEncoderBlock2D"]}"#, "AttnDownEncoderBlock2D"),
      (#"{"block_out_channels": [32, 64]}"#, "down_block_types"),
      (#"{"norm_num_groups": 5}"#, "norm_num_groups is 5"),
      (#"{"unknown": true}"#, "unknown true is not supported"),
      (#"{"_class_name": "AutoencoderDC"}"#, "AutoencoderDC"),
    ])
  func faultsInAutoencodersAreNamed(_ json: String, _ fault: String) {
    expectFault(fault) {
      _ = try AutoencoderKLConfiguration(json: Data(json.utf8), source: "vae/config.json")
    }
  }

  @Test func missingFilesAreNamed() {
    expectFault("nowhere/config.json: cannot be read") {
      _ = try UNet2DConditionModel(folder: URL(filePath: "/nowhere"))
    }
  }

  private func expectFault(
    _ fault: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    let error = #expect(throws: ConfigurationError.self, sourceLocation: sourceLocation) { try body() }
    guard let error else { return }
    let line = error.description
    #expect(
      line.contains(fault) && line.contains("config.json") && !line.contains("\n"), "\(line)",
      sourceLocation: sourceLocation)
  }
}
