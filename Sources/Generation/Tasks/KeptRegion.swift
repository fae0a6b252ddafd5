import Samplers
import Tensors

/// The part of the latents that inpainting keeps, for UNets that know nothing of masks. What the network sees there is
/// the picture at the level's noise, and what remains at the end the picture itself.
struct KeptRegion {
  /// 1 where latents are drawn anew, (1, 1, h, w).
  let mask: Tensor
  let clean: Tensor  // (1, C, h, w)
  let noise: Tensor

  func adjusted(_ latents: Tensor, to level: NoiseLevel) -> Tensor {
    replacing(latents, by: level.mixing(clean: clean, noise: noise))
  }

  func finished(_ latents: Tensor) -> Tensor { replacing(latents, by: clean) }

  /// The latents, outside the mask those of `kept`.
  private func replacing(_ latents: Tensor, by kept: Tensor) -> Tensor {
    let (count, size) = (latents.count, mask.count)
    return Tensor(shape: latents.shape) { out in
      mask.withFloats { mask in
        latents.withFloats { latents in
          kept.withFloats { kept in
            for i in 0..<count { out[i] = mask[i % size] == 0 ? kept[i] : latents[i] }
          }
        }
      }
    }
  }
}
