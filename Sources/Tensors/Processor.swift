import CKernels
import Foundation

/// An instruction set that products have kernels for, each including those before it.
public enum Processor: String, Sendable, CaseIterable, Comparable {
  /// Any processor: OpenBLAS, and plain loops where it has no kernel.
  case generic
  case avx2, avx512
  case avx512VNNI = "avx512vnni"
  case avx512BF16 = "avx512bf16"

  /// The variable that names the one to use.
  public static let variable = "VOKEN_CPU"

  /// The best that this machine has.
  public static let best = allCases[min(Int(voken_best_cpu().rawValue), allCases.count - 1)]

  /// The one in use: what the variable names, or the best. Names of what the machine lacks are not followed.
  public static let current: Processor = {
    let wish = ProcessInfo.processInfo.environment[variable].flatMap(Processor.init(rawValue:))
    return min(wish ?? best, best)
  }()

  /// What this machine can run.
  static var available: [Processor] { allCases.filter { $0 <= best } }

  var code: voken_cpu { voken_cpu(UInt32(Self.allCases.firstIndex(of: self)!)) }

  public static func < (a: Self, b: Self) -> Bool { a.code.rawValue < b.code.rawValue }
}
