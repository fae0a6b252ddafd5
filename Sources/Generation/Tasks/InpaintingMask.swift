import Tensors

/// Which part of a picture is drawn anew: where a mask is white, at least half of the way.
struct InpaintingMask: Sendable {
  let width: Int
  let height: Int
  private let isRepainted: [Bool]

  /// - Parameter mask: colours count by their luminance, as PIL's `convert("L")` has it.
  init(_ mask: Picture) {
    (width, height) = (mask.width, mask.height)
    isRepainted = (0..<width * height).map { pixel in
      let (r, g, b) = (mask.pixels[3 * pixel], mask.pixels[3 * pixel + 1], mask.pixels[3 * pixel + 2])
      return (Int(r) * 19595 + Int(g) * 38470 + Int(b) * 7471 + 0x8000) >> 16 >= 128
    }
  }

  /// 1 for latents that are drawn anew and 0 for those that are kept, (1, 1, h, w): each looks at its first pixel.
  func latents(pixelsPerLatent factor: Int) -> Tensor {
    let (h, w) = (height / factor, width / factor)
    return Tensor(shape: [1, 1, h, w]) { out in
      for y in 0..<h {
        for x in 0..<w { out[y * w + x] = isRepainted[(y * width + x) * factor] ? 1 : 0 }
      }
    }
  }

  /// A picture as an autoencoder takes it, (1, H, W, 3), grey where it is drawn anew.
  func erasing(_ picture: Picture) -> Tensor {
    precondition((picture.width, picture.height) == (width, height))
    var input = picture.encoderInput
    input.withMutableFloats { values in
      for (pixel, isRepainted) in isRepainted.enumerated() where isRepainted {
        for c in 0..<3 { values[3 * pixel + c] = 0 }
      }
    }
    return input
  }
}
