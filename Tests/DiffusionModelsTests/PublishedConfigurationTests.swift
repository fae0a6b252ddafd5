import DiffusionModels
import Foundation
import Testing

/// The settings by which published models differ.
@Suite struct PublishedConfigurationTests {
  private func unet(_ json: String) throws -> UNet2DConfiguration {
    try UNet2DConfiguration(json: Data(json.utf8))
  }

  @Test func stableDiffusion1() throws {
    let unet = try unet(
      """
      {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu",
       "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": false,
       "cross_attention_dim": 768, "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
       "CrossAttnDownBlock2D", "DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": true, "freq_shift": 0,
       "in_channels": 9, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-05,
       "norm_num_groups": 32, "out_channels": 4, "sample_size": 64, "up_block_types": ["UpBlock2D",
       "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
      """)
    #expect(unet.inChannels == 9 && unet.sampleSize == [64, 64] && unet.crossAttentionWidth == 768)
    #expect(unet.downBlocks.map(\.heads) == [8, 8, 8, 8])
    #expect(unet.upBlocks.map { $0.transformerDepths != nil } == [false, true, true, true])
  }

  @Test func stableDiffusion2() throws {
    let unet = try unet(
      """
      {"attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024, "dual_cross_attention": false,
       "num_class_embeds": null, "only_cross_attention": false, "sample_size": 96, "upcast_attention": true,
       "use_linear_projection": true, "layers_per_block": 2, "attention_type": "default"}
      """)
    #expect(unet.downBlocks.map(\.heads) == [5, 10, 20, 20])
    #expect(unet.upBlocks.map(\.heads) == [20, 20, 10, 5])
  }

  @Test func stableDiffusionXL() throws {
    let unet = try unet(
      """
      {"addition_embed_type": "text_time", "addition_embed_type_num_heads": 64, "addition_time_embed_dim": 256,
       "attention_head_dim": [5, 10, 20], "block_out_channels": [320, 640, 1280], "class_embed_type": null,
       "class_embeddings_concat": false, "conv_in_kernel": 3, "conv_out_kernel": 3, "cross_attention_dim": 2048,
       "cross_attention_norm": null, "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D",
       "CrossAttnDownBlock2D"], "encoder_hid_dim": null, "encoder_hid_dim_type": null,
       "mid_block_only_cross_attention": null, "mid_block_type": "UNetMidBlock2DCrossAttn",
       "num_attention_heads": null, "projection_class_embeddings_input_dim": 2816,
       "resnet_out_scale_factor": 1.0, "resnet_skip_time_act": false, "resnet_time_scale_shift": "default",
       "sample_size": 128, "time_cond_proj_dim": null, "time_embedding_act_fn": null, "time_embedding_dim": null,
       "time_embedding_type": "positional", "timestep_post_act": null, "transformer_layers_per_block": [1, 2, 10],
       "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "upcast_attention": null,
       "use_linear_projection": true}
      """)
    #expect(unet.textTime?.timeWidth == 256 && unet.textTime?.width == 2816)
    #expect(unet.downBlocks.map(\.transformerDepths) == [nil, [2, 2], [10, 10]])
    #expect(unet.upBlocks.map(\.transformerDepths) == [[10, 10, 10], [2, 2, 2], nil])
    #expect(unet.midBlock == .crossAttention(depth: 10))
  }

  @Test func segmind() throws {
    let vega = try unet(
      """
      {"attention_head_dim": [5, 10, 20], "block_out_channels": [320, 640, 1280], "cross_attention_dim": 2048,
       "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
       "mid_block_type": "UNetMidBlock2D", "reverse_transformer_layers_per_block": [[4, 4, 10], [2, 1, 1], 1],
       "transformer_layers_per_block": [0, [2, 2], [4, 4]],
       "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"]}
      """)
    #expect(vega.midBlock == .resnet)
    #expect(vega.upBlocks.map(\.transformerDepths) == [[4, 4, 10], [2, 1, 1], nil])
    let tiny = try unet(
      """
      {"block_out_channels": [320, 640, 1280], "layers_per_block": 1, "mid_block_type": null,
       "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
       "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
      """)
    #expect(tiny.midBlock == .none)
    #expect(tiny.upBlocks.map(\.layers) == [2, 2, 2])
  }

  @Test func latentConsistency() throws {
    #expect(try unet(#"{"time_cond_proj_dim": 256}"#).timeConditionWidth == 256)
  }

  @Test func autoencoderOfStableDiffusion1() throws {
    let configuration = try AutoencoderKLConfiguration(
      json: Data(
        """
        {"_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu",
         "block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D",
         "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"], "in_channels": 3,
         "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 3,
         "sample_size": 512, "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D",
         "UpDecoderBlock2D"]}
        """.utf8))
    #expect(configuration.scalingFactor == 0.18215 && configuration.shiftFactor == 0)
    #expect(configuration.pixelsPerLatent == 8 && configuration.midBlockAttention)
  }
}
