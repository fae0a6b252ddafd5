import Layers
import Tensors

extension UNet2DConfiguration {
  init(_ settings: inout Settings) throws(ConfigurationError) {
    try settings.requireClass("UNet2DConditionModel")
    inChannels = try settings.integer("in_channels", default: 4)
    outChannels = try settings.integer("out_channels", default: 4)
    sampleSize = try settings.size("sample_size")
    centerInputSample = try settings.flag("center_input_sample")
    convInKernel = try settings.oddKernel("conv_in_kernel")
    convOutKernel = try settings.oddKernel("conv_out_kernel")

    let channels = try settings.integers("block_out_channels", default: [320, 640, 1280, 1280])
    normGroups = try settings.integer("norm_num_groups", default: 32)
    try settings.requireGroups(normGroups, dividing: channels)
    (downBlocks, midBlock, upBlocks) = try Self.blocks(&settings, channels: channels)
    downsamplePadding = try settings.integer("downsample_padding", default: 1, in: 0...1)
    midBlockScaleFactor = try settings.nonzero("mid_block_scale_factor", default: 1)

    normEpsilon = try settings.epsilon("norm_eps", default: 1e-5)
    activation = try settings.activation("act_fn") ?? .silu
    timeScaleShift = try settings.choice("resnet_time_scale_shift", default: .default)

    try settings.require("time_embedding_type", .string("positional"))
    flipSinToCos = try settings.flag("flip_sin_to_cos", default: true)
    frequencyShift = try settings.number("freq_shift", default: 0)
    try settings.requireShift(frequencyShift, below: channels[0] / 2)
    timeEmbeddingWidth = try settings.integer(
      "time_embedding_dim", default: channels[0] * 4, in: 1...(1 << 20))
    timeEmbeddingActivation = try settings.activation("time_embedding_act_fn")
    timestepPostActivation = try settings.activation("timestep_post_act")
    timeConditionWidth = try settings.optionalInteger("time_cond_proj_dim")

    let projectionWidth = try settings.optionalInteger("projection_class_embeddings_input_dim")
    classEmbedding = try Self.classEmbedding(&settings, projectionWidth)
    concatenatesClassEmbedding = try settings.flag("class_embeddings_concat")
    textTime = try Self.textTime(&settings, projectionWidth, frequencyShift)
    if concatenatesClassEmbedding && (classEmbedding == nil || textTime != nil) {
      throw settings.unsupported("class_embeddings_concat", .flag(true))
    }

    for key in ["encoder_hid_dim", "encoder_hid_dim_type", "dual_cross_attention", "cross_attention_norm"] {
      try settings.require(key)
    }
    try settings.require("attention_type", .string("default"))
    try settings.verifyAllTaken(ignoring: Self.informational)
  }

  /// Training's, precision's, and those that only block types without support look at.
  private static let informational: Set = [
    "dropout", "upcast_attention", "use_linear_projection", "addition_embed_type_num_heads",
    "resnet_out_scale_factor", "resnet_skip_time_act", "mid_block_only_cross_attention",
  ]

  private enum DownKind: String {
    case plain = "DownBlock2D"
    case crossAttention = "CrossAttnDownBlock2D"
  }

  private enum UpKind: String {
    case plain = "UpBlock2D"
    case crossAttention = "CrossAttnUpBlock2D"
  }

  private static func blocks(
    _ settings: inout Settings, channels: [Int]
  ) throws(ConfigurationError) -> (down: [Block], mid: MidBlock, up: [Block]) {
    let down: [DownKind] = try settings.choices(
      "down_block_types", default: [.crossAttention, .crossAttention, .crossAttention, .plain])
    let up: [UpKind] = try settings.choices(
      "up_block_types", default: [.plain, .crossAttention, .crossAttention, .crossAttention])
    let count = channels.count
    for (key, found) in [("down_block_types", down.count), ("up_block_types", up.count)] where found != count
    {
      throw settings.invalid(key, .string("\(found) names"), "one for each of \(count) block_out_channels")
    }
    let layers = try settings.integersPerBlock("layers_per_block", blocks: count, default: 2, in: 1...64)
    let heads = try Self.heads(&settings, channels: channels)
    let widths = try settings.integersPerBlock("cross_attention_dim", blocks: count, default: 1280)
    let onlyCross = try settings.perBlock("only_cross_attention", blocks: count, default: .flag(false))
    for value in onlyCross where value != .flag(false) && value != .flag(true) {
      throw settings.invalid("only_cross_attention", value, "true or false")
    }
    let depths = try settings.perBlock("transformer_layers_per_block", blocks: count, default: .number(1))
    let ownUpDepths = try settings.perBlock(
      "reverse_transformer_layers_per_block", blocks: count, default: .null)
    let mirrored = ownUpDepths.allSatisfy { $0 == .null }
    let upDepths = mirrored ? depths.reversed() : ownUpDepths

    func block(_ level: Int, layers: Int, attends: Bool, _ key: String, _ depths: Setting)
      throws(ConfigurationError)
      -> Block
    {
      Block(
        channels: channels[level], layers: layers,
        transformerDepths: attends ? try settings.depths(key, depths, layers: layers) : nil,
        heads: heads[level], crossAttentionWidth: widths[level],
        onlyCrossAttention: onlyCross[level] == .flag(true))
    }
    var (downBlocks, upBlocks): ([Block], [Block]) = ([], [])
    for i in 0..<count {
      downBlocks.append(
        try block(
          i, layers: layers[i], attends: down[i] == .crossAttention, "transformer_layers_per_block", depths[i]
        ))
      upBlocks.append(
        try block(
          count - 1 - i, layers: layers[count - 1 - i] + 1, attends: up[i] == .crossAttention,
          mirrored ? "transformer_layers_per_block" : "reverse_transformer_layers_per_block", upDepths[i]))
    }
    return (downBlocks, try mid(&settings, depths[count - 1]), upBlocks)
  }

  private static func mid(_ settings: inout Settings, _ depths: Setting) throws(ConfigurationError)
    -> MidBlock
  {
    guard settings.names("mid_block_type") else { return .crossAttention(depth: try depth(settings, depths)) }
    switch try settings.string("mid_block_type") {
    case nil: return .none
    case "UNetMidBlock2D": return .resnet
    case "UNetMidBlock2DCrossAttn": return .crossAttention(depth: try depth(settings, depths))
    case let other?: throw settings.unsupported("mid_block_type", .string(other))
    }
  }

  private static func depth(_ settings: Settings, _ depths: Setting) throws(ConfigurationError) -> Int {
    if case .list(let list) = depths, let first = list.first {
      return try settings.depths("transformer_layers_per_block", first, layers: 1)[0]
    }
    return try settings.depths("transformer_layers_per_block", depths, layers: 1)[0]
  }

  /// `attention_head_dim` is the number of heads: a name that published files are stuck with.
  private static func heads(_ settings: inout Settings, channels: [Int]) throws(ConfigurationError) -> [Int] {
    let named = try settings.integersPerBlock("attention_head_dim", blocks: channels.count, default: 8)
    let key = settings.gives("num_attention_heads") ? "num_attention_heads" : "attention_head_dim"
    let heads =
      key == "attention_head_dim"
      ? named : try settings.integersPerBlock(key, blocks: channels.count, default: 8)
    for (heads, channels) in zip(heads, channels) where channels % heads != 0 {
      throw settings.invalid(
        key, .number(Double(heads)), "a number of heads that divides \(channels) channels")
    }
    return heads
  }

  private static func classEmbedding(
    _ settings: inout Settings, _ width: Int?
  ) throws(ConfigurationError) -> ClassEmbedding? {
    let count = try settings.optionalInteger("num_class_embeds", in: 1...(1 << 20))
    let type = try settings.string("class_embed_type")
    switch (type, width) {
    case (nil, _): return count.map { .table(count: $0) }
    case ("timestep", _): return .timestep
    case ("identity", _): return .identity
    case ("projection", let width?): return .projection(width: width)
    case ("simple_projection", let width?): return .simpleProjection(width: width)
    case ("projection", nil), ("simple_projection", nil):
      throw settings.invalid("projection_class_embeddings_input_dim", .null, "a width")
    case (let other?, _): throw settings.unsupported("class_embed_type", .string(other))
    }
  }

  private static func textTime(
    _ settings: inout Settings, _ width: Int?, _ shift: Float
  ) throws(ConfigurationError) -> TextTime? {
    let timeWidth = try settings.optionalInteger("addition_time_embed_dim")
    guard let type = try settings.string("addition_embed_type") else { return nil }
    guard type == "text_time" else { throw settings.unsupported("addition_embed_type", .string(type)) }
    guard let timeWidth else { throw settings.invalid("addition_time_embed_dim", .null, "a width") }
    guard let width else { throw settings.invalid("projection_class_embeddings_input_dim", .null, "a width") }
    try settings.requireShift(shift, below: timeWidth / 2)
    return TextTime(timeWidth: timeWidth, width: width)
  }
}
