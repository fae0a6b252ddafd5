import CKernels
import Foundation

/// What this machine can do at most, measured: the yardsticks that times on different machines are compared by.
public struct MachinePeak: Sendable, Encodable {
  /// Multiplications and additions a second of the product's kernel on data in the nearest cache, all threads together.
  public let kernel: Double
  /// The same of OpenBLAS's fp32 product of 1024 × 1280 by 1280 × 1280, cut as layers are.
  public let blas: Double

  public static func measure(_ precision: Precision) -> MachinePeak {
    MachinePeak(kernel: kernelPeak(precision == .f32 ? .float32 : .bfloat16), blas: blasPeak())
  }

  private static func kernelPeak(_ dtype: DType) -> Double {
    let (rows, groups) = (6, 128)
    let format = dtype == .float32 ? VOKEN_F32 : VOKEN_BF16
    let threads = ThreadPool.threadCount
    func seconds(rounds: Int) -> Double {
      let start = ContinuousClock.now
      parallel(threads) { _ in
        withScratch((rows + 2 * PackedMatrix.panelWidth) * groups) { data in
          data.update(repeating: 0, count: (rows + 2 * PackedMatrix.panelWidth) * groups)
          let table: [UnsafeRawPointer?] = (0..<rows).map { UnsafeRawPointer(data + $0 * groups) }
          let panel = data + rows * groups
          let sums = panel + PackedMatrix.panelWidth * groups
          for _ in 0..<rounds {
            voken_multiply_panel(
              Processor.current.code, format, table, rows, 1, groups, panel, PackedMatrix.panelWidth, sums,
              PackedMatrix.panelWidth)
          }
        }
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    // Enough rounds for the clock and for a processor that wakes up.
    var rounds = 64
    while rounds < 1 << 20, seconds(rounds: rounds) < 0.02 { rounds *= 2 }
    let fastest = (0..<5).map { _ in seconds(rounds: rounds) }.min() ?? .infinity
    let perGroup = 2 * rows * PackedMatrix.panelWidth * 4 / dtype.blockBytes
    return Double(perGroup * groups * rounds * threads) / fastest
  }

  private static func blasPeak() -> Double {
    let (m, n, k) = (1024, 1280, 1280)
    let (x, weight) = (Tensor(repeating: 1, shape: [m, k]), Tensor(repeating: 1, shape: [n, k]))
    return Double(2 * m * n * k) / best(of: 7) { _ = linear(x, weight) }
  }

  private static func best(of rounds: Int, _ body: () -> Void) -> Double {
    (0..<rounds).map { _ in
      let start = ContinuousClock.now
      body()
      return (ContinuousClock.now - start) / .seconds(1)
    }.min() ?? .infinity
  }
}
