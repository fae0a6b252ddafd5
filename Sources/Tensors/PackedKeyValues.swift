import CKernels

/// Keys and values of an attention in the order in which it reads them: for each picture and head, the keys one after the
/// other, and each dimension of the values over all keys. Those of a conditioning are packed once for all steps.
public struct PackedKeyValues: Sendable {
  let batch: Int
  let heads: Int
  let keys: Int
  let size: Int
  /// fp32 or bf16, which the queries must be too.
  public let dtype: DType
  private let keyRows: Storage
  private let valueRows: Storage
  /// Elements from one dimension's values to the next: a whole number of vectors, and one more, since rows that are a
  /// power of two apart would all want the same few places of the cache.
  private let valueStride: Int

  /// - Parameters:
  ///   - keys: (B, T, heads·D), fp32 or bf16.
  ///   - values: as the keys.
  ///   - dtype: what to multiply in, fp32 or bf16; odd sizes of heads stay fp32.
  public init(keys k: Tensor, values v: Tensor, heads: Int, as dtype: DType = .float32) {
    let (batch, keys, width) = (k.shape[0], k.shape[1], k.shape[2])
    precondition(v.shape == k.shape && width % heads == 0)
    (self.batch, self.heads, self.keys, size) = (batch, heads, keys, width / heads)
    valueStride = (keys + 15) / 16 * 16 + 16
    self.dtype = dtype == .bfloat16 && size % 2 == 0 ? .bfloat16 : .float32
    let (k, v) = (k.converted(to: self.dtype), v.converted(to: self.dtype))
    let elementBytes = self.dtype.blockBytes
    keyRows = Storage(byteCount: k.count * elementBytes)
    valueRows = Storage(byteCount: batch * width * valueStride * elementBytes)
    let (stride, size) = (valueStride, size)
    let (keyBase, valueBase) = (keyRows.base, valueRows.base)
    k.withBytes { k in
      v.withBytes { v in
        parallel(batch * heads) { job in
          let first = (job / heads * keys * width + job % heads * size) * elementBytes
          voken_pack_keys(
            k.baseAddress! + first, v.baseAddress! + first, keys, size, width, elementBytes,
            keyBase + job * keys * size * elementBytes, valueBase + job * size * stride * elementBytes,
            stride)
        }
      }
    }
  }

  /// Calls `body` with the form of one picture's head.
  func withHead(_ index: Int, scale: Float, _ body: (UnsafePointer<voken_attention>) -> Void) {
    let elementBytes = dtype.blockBytes
    withExtendedLifetime((keyRows, valueRows)) {
      let form = voken_attention(
        format: dtype == .bfloat16 ? VOKEN_BF16 : VOKEN_F32, keys: keys, size: size,
        key_rows: keyRows.base + index * keys * size * elementBytes,
        value_rows: valueRows.base + index * size * valueStride * elementBytes,
        value_stride: valueStride, scale: scale)
      withUnsafePointer(to: form, body)
    }
  }
}

/// softmax(q·kᵀ·scale)·v for each head, without ever holding the scores of more than a block.
///
/// - Parameters:
///   - q: (B, T, heads·D).
///   - scale: 1/√D where nil.
///   - output: fp32 or bf16.
/// - Returns: (B, T, heads·D).
public func attention(
  _ q: Tensor, _ context: PackedKeyValues, scale: Float? = nil, as output: DType = .float32
) -> Tensor {
  OperationTimes.timed(.attention, operations: 4 * Double(q.count) * Double(context.keys)) {
    attention(q, context, scale: scale, as: output, on: .current)
  }
}

func attention(
  _ q: Tensor, _ context: PackedKeyValues, scale: Float?, as output: DType, on processor: Processor
) -> Tensor {
  let (batch, queries, width) = (q.shape[0], q.shape[1], q.shape[2])
  let (heads, size) = (context.heads, context.size)
  precondition(batch == context.batch && width == heads * size, "queries \(q.shape)")
  let q = q.converted(to: context.dtype)
  let scale = scale ?? 1 / Float(size).squareRoot()
  let tile = PackedMatrix.panelWidth
  let tiles = (queries + tile - 1) / tile
  // A pair of numbers is written at once, which an odd size does not allow for bf16.
  let stored = size % 2 == 0 ? output : .float32
  let result = Tensor(uninitialized: q.shape, stored)
  result.withNewBytes { out in
    q.withBytes { q in
      parallel(batch * heads * tiles) { job in
        let (b, head, start) = (job / (heads * tiles), job / tiles % heads, job % tiles * tile)
        let first = (b * queries + start) * width + head * size
        context.withHead(b * heads + head, scale: scale) { form in
          withScratch(voken_attention_scratch(form)) { scratch in
            voken_attend(
              processor.code, form, q.baseAddress! + first * context.dtype.blockBytes, width,
              min(tile, queries - start), scratch, out + first * stored.blockBytes, width, stored == .bfloat16
            )
          }
        }
      }
    }
  }
  return result.converted(to: output)
}
