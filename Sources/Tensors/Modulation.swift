import CKernels

extension Tensor {
  /// x·(1 + scale) + shift over picture n (N, …, C) with row n of `scale` and `shift` (N, C).
  public func modulatedPerImage(scale: Tensor, shift: Tensor) -> Tensor {
    let (images, columns) = (shape[0], dim(-1))
    precondition(
      scale.shape == [images, columns] && shift.shape == scale.shape, "\(scale.shape) for \(shape)")
    let rows = images * columns == 0 ? 0 : count / images / columns
    let rowsAtOnce = max(1, (1 << 15) / max(columns, 1))
    let chunks = (rows + rowsAtOnce - 1) / rowsAtOnce
    let (factors, center) = (scale + 1, Tensor.zeros([columns]))
    return Tensor(shape: shape) { out in
      withFloats { x in
        factors.withFloats { factors in
          shift.withFloats { shift in
            parallel(images * chunks) { job in
              let (image, start) = (job / chunks, job % chunks * rowsAtOnce)
              let offset = (image * rows + start) * columns
              center.withFloats {
                voken_scale_shift(
                  x + offset, out + offset, min(rowsAtOnce, rows - start), columns, $0,
                  factors + image * columns, shift + image * columns, false)
              }
            }
          }
        }
      }
    }
  }
}
