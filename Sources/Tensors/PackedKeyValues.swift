import CKernels
import Foundation

/// Keys and values of an attention in the order in which it reads them: for each picture and head, panels of 64 keys and
/// panels of 64 dimensions of the values. Those of a conditioning are packed once for all steps.
public struct PackedKeyValues: Sendable {
  let batch: Int
  let heads: Int
  let keys: Int
  let size: Int
  /// fp32 or bf16, which the queries must be too.
  public let dtype: DType
  private let keyPanels: Storage
  private let valuePanels: Storage

  /// - Parameters:
  ///   - keys: (B, T, heads·D), fp32.
  ///   - values: as the keys.
  ///   - dtype: what to multiply in, fp32 or bf16; odd sizes of heads stay fp32.
  public init(keys k: Tensor, values v: Tensor, heads: Int, as dtype: DType = .float32) {
    let (k, v) = (k.float32(), v.float32())
    let (batch, keys, width) = (k.shape[0], k.shape[1], k.shape[2])
    precondition(v.shape == k.shape && width % heads == 0)
    let size = width / heads
    let isHalf = dtype == .bfloat16 && size % 2 == 0
    let format = isHalf ? VOKEN_BF16 : VOKEN_F32
    let panel = PackedMatrix.panelWidth
    let elementBytes = isHalf ? 2 : 4
    let (keyPanelCount, valuePanelCount) = ((keys + panel - 1) / panel, (size + panel - 1) / panel)
    let keyBytes = keyPanelCount * size * panel * elementBytes
    let valueBytes = valuePanelCount * keyPanelCount * panel * panel * elementBytes
    let keyPanels = Storage(byteCount: batch * heads * keyBytes)
    let valuePanels = Storage(byteCount: batch * heads * valueBytes)
    k.withFloats { k in
      v.withFloats { v in
        parallel(batch * heads) { job in
          let first = (job / heads * keys) * width + job % heads * size
          let keyTarget = keyPanels.base + job * keyBytes
          for p in 0..<keyPanelCount {
            _ = voken_pack_panel(
              format, k + first + p * panel * width, min(panel, keys - p * panel), 1, size, width, 1, 1,
              keyTarget + p * size * panel * elementBytes)
          }
          let target = valuePanels.base + job * valueBytes
          // Weights of absent keys are 0, which only numbers survive.
          memset(target, 0, valueBytes)
          for p in 0..<valuePanelCount {
            _ = voken_pack_panel(
              format, v + first + p * panel, min(panel, size - p * panel), 1, keys, 1, 1, width,
              target + p * keyPanelCount * panel * panel * elementBytes)
          }
        }
      }
    }
    (self.batch, self.heads, self.keys, self.size) = (batch, heads, keys, size)
    self.dtype = isHalf ? .bfloat16 : .float32
    (self.keyPanels, self.valuePanels) = (keyPanels, valuePanels)
  }

  /// Calls `body` with the form of one picture's head.
  func withHead(_ index: Int, scale: Float, _ body: (UnsafePointer<voken_attention>) -> Void) {
    let count = max(batch * heads, 1)
    withExtendedLifetime((keyPanels, valuePanels)) {
      let form = voken_attention(
        format: dtype == .bfloat16 ? VOKEN_BF16 : VOKEN_F32, keys: keys, size: size,
        key_panels: keyPanels.base + index * (keyPanels.byteCount / count),
        value_panels: valuePanels.base + index * (valuePanels.byteCount / count), scale: scale)
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
  let tile = 96
  let tiles = (queries + tile - 1) / tile
  let result = Tensor(uninitialized: q.shape, output)
  result.withNewBytes { out in
    q.withBytes { q in
      parallel(batch * heads * tiles) { job in
        let (b, head, start) = (job / (heads * tiles), job / tiles % heads, job % tiles * tile)
        let rows = min(tile, queries - start)
        let first = (b * queries + start) * width + head * size
        context.withHead(b * heads + head, scale: scale) { form in
          withTable(rows) { table in
            for row in 0..<rows {
              table[row] = q.baseAddress! + (first + row * width) * context.dtype.blockBytes
            }
            withScratch(voken_attention_scratch(form, rows)) { scratch in
              voken_attend(
                processor.code, form, table, rows, scratch, out + first * output.blockBytes, width,
                output == .bfloat16)
            }
          }
        }
      }
    }
  }
  return result
}
