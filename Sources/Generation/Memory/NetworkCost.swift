import Foundation
import Tensors

/// What one network costs, estimated from the names and shapes of its tensors alone.
struct NetworkCost: Sendable, Equatable {
  /// Bytes of its weights as they are held.
  var weights = 0
  /// Bytes of the features that are alive at once.
  var working = 0
  /// Multiplications and additions of one pass.
  var operations = 0.0

  static func + (a: Self, b: Self) -> Self {
    Self(
      weights: a.weights + b.weights, working: max(a.working, b.working),
      operations: a.operations + b.operations)
  }
}

/// A tensor's name taken apart, as far as costs go.
private struct Layer {
  let path: [Substring]
  let shape: [Int]

  init(_ name: String, _ shape: [Int]) {
    path = name.split(separator: ".")
    self.shape = shape
  }

  var count: Int { shape.reduce(1, *) }
  func has(_ part: String) -> Bool { path.contains(Substring(part)) }
  /// The number that follows a part, as 2 in `up_blocks.2`; no network has more than 16 levels.
  func number(after part: String) -> Int? {
    path.firstIndex(of: Substring(part)).flatMap { $0 + 1 < path.count ? Int(path[$0 + 1]) : nil }
      .map { min(max($0, 0), 15) }
  }
  var isMatrix: Bool { shape.count >= 2 && path.last == "weight" }

  /// Bytes as it is held.
  func bytes(_ widths: NetworkCost.Widths) -> Int {
    Int(Double(count) * (isMatrix ? widths.matrix : widths.vector))
  }
}

extension NetworkCost {
  /// Bytes that a parameter takes, by how many of them go together.
  struct Widths: Sendable {
    var matrix = 4.0
    var vector = 4.0

    init(_ precision: Precision = .f32) {
      // Bytes keep a scale for each row, and what is not safe in them is kept in bf16.
      matrix = [.f32: 4, .bf16: 2, .int8: 1.3][precision] ?? 4
    }
  }

  /// A UNet over `images` latents of h × w at once.
  static func unet(
    _ shapes: [String: [Int]], latents: (height: Int, width: Int), images: Int, tokens: Int, _ widths: Widths
  ) -> Self {
    let layers = shapes.map(Layer.init)
    let levels = 1 + (layers.compactMap { $0.number(after: "down_blocks") }.max() ?? 0)
    func pixels(_ level: Int) -> Int {
      let shrink = { (side: Int) in (0..<min(max(level, 0), 32)).reduce(side) { size, _ in (size + 1) / 2 } }
      return shrink(latents.height) * shrink(latents.width) * images
    }
    func level(_ layer: Layer) -> Int {
      if let down = layer.number(after: "down_blocks") { return down + (layer.has("downsamplers") ? 1 : 0) }
      if let up = layer.number(after: "up_blocks") {
        return levels - 1 - up - (layer.has("upsamplers") ? 1 : 0)
      }
      return layer.has("mid_block") ? levels - 1 : 0
    }
    // What the way down leaves for the way up, by level.
    var skips = [Int](repeating: 0, count: levels + 1)
    for layer in layers where layer.isMatrix && !layer.has("up_blocks") {
      let makesSkip =
        layer.path.first == "conv_in" || layer.has("downsamplers")
        || (layer.has("down_blocks") && layer.has("conv2"))
      if makesSkip { skips[min(level(layer), levels)] += 4 * layer.shape[0] * pixels(level(layer)) }
    }
    var cost = Self()
    for layer in layers {
      cost.weights += layer.bytes(widths)
      guard layer.isMatrix else { continue }
      let level = level(layer)
      let kept = skips[...min(level, levels)].reduce(0, +)
      let isText = layer.has("attn2") && (layer.has("to_k") || layer.has("to_v"))
      let isTime =
        layer.has("time_emb_proj") || layer.path.first == "time_embedding"
        || layer.path.first == "add_embedding"
      let positions = isTime ? images : isText ? 0 : pixels(level)
      cost.operations += 2 * Double(layer.count) * Double(positions)
      if layer.has("to_q") {
        let seen = layer.has("attn2") ? tokens : pixels(level) / images
        cost.operations += 4 * Double(layer.shape[0]) * Double(positions) * Double(seen)
      }
      if layer.has("conv1") {
        let (output, input) = (layer.shape[0], layer.shape[1])
        cost.working = max(cost.working, kept + 4 * pixels(level) * 5 * (input + output))
      } else if layer.has("ff"), layer.has("proj") {
        let width = layer.shape[1]
        cost.working = max(cost.working, kept + 4 * pixels(level) * (7 * width + 4 * layer.shape[0]))
      }
    }
    return cost
  }

  /// One half of an autoencoder, over latents of h × w.
  static func autoencoder(
    _ shapes: [String: [Int]], decodes: Bool, latents: (height: Int, width: Int), _ widths: Widths
  ) -> Self {
    let half = decodes ? "decoder" : "encoder"
    let (blocks, quantizer) = decodes ? ("up_blocks", "post_quant_conv") : ("down_blocks", "quant_conv")
    let layers = shapes.map(Layer.init).filter {
      $0.path.first == half[...] || $0.path.first == quantizer[...]
    }
    let levels = 1 + (layers.compactMap { $0.number(after: blocks) }.max() ?? 0)
    /// How many times a side has doubled, counted from the latents.
    func doublings(_ layer: Layer) -> Int {
      if let level = layer.number(after: blocks) {
        return decodes
          ? level + (layer.has("upsamplers") ? 1 : 0)
          : levels - 1 - level - (layer.has("downsamplers") ? 1 : 0)
      }
      let isOuter = layer.has(decodes ? "conv_out" : "conv_in") || (decodes && layer.has("conv_norm_out"))
      return isOuter ? levels - 1 : 0
    }
    var cost = Self()
    for layer in layers {
      // Decoders double their pictures by four small convolutions instead of one.
      let isUpsampler = decodes && layer.has("upsamplers")
      cost.weights += layer.bytes(widths)
      guard layer.isMatrix else { continue }
      let positions = latents.height * latents.width << (2 * min(max(doublings(layer), 0), 10))
      cost.operations += 2 * Double(layer.count) * Double(positions) * (isUpsampler ? 4.0 / 9 : 1)
      if layer.has("conv1") {
        cost.working = max(cost.working, 4 * positions * 2 * (layer.shape[0] + layer.shape[1]))
      } else if isUpsampler {
        cost.working = max(cost.working, 4 * positions * (2 * layer.shape[0] + layer.shape[1] / 2))
      }
      if layer.has("to_q") || layer.has("query") {
        cost.operations += 4 * Double(layer.shape[0]) * Double(positions) * Double(positions)
      }
    }
    return cost
  }

  /// A network that is run once over a few tokens.
  static func text(_ shapes: [String: [Int]], tokens: Int, _ widths: Widths) -> Self {
    var cost = Self()
    for (name, shape) in shapes {
      let layer = Layer(name, shape)
      cost.weights += layer.bytes(widths)
      if layer.isMatrix, !name.contains("embed") {
        cost.operations += 2 * Double(layer.count) * Double(tokens)
      }
    }
    return cost
  }
}
