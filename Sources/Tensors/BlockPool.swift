import Foundation
import Synchronization

/// Large blocks of memory between two uses. The tensors of one denoising step have the sizes of those of the step before,
/// and a block that comes from the system anew costs a page fault for every 4 KB of it.
package final class BlockPool: Sendable {
  package static let shared = BlockPool(limit: 384 << 20)
  /// Smaller blocks are left to `malloc`, which keeps them itself.
  static let smallest = 64 << 10

  private struct Blocks {
    var bySize: [Int: [UInt]] = [:]  // addresses, since pointers are not `Sendable`
    var bytes = 0
  }

  private let blocks = Mutex(Blocks())
  private let limit: Int

  /// - Parameter limit: bytes that may lie unused.
  init(limit: Int) { self.limit = limit }

  /// Sizes are rounded up to 1/8 of a power of two, so that pictures of nearly the same size share blocks.
  static func size(for byteCount: Int) -> Int {
    let step = max(4096, 1 << max(0, Int.bitWidth - byteCount.leadingZeroBitCount - 4))
    return (byteCount + step - 1) / step * step
  }

  /// A block of a rounded size, with whatever its last user left in it.
  func take(_ size: Int) -> UnsafeMutableRawPointer {
    let address = blocks.withLock { blocks -> UInt? in
      guard let address = blocks.bySize[size]?.popLast() else { return nil }
      blocks.bytes -= size
      return address
    }
    return address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) } ?? Storage.allocate(size)
  }

  func give(_ block: UnsafeMutableRawPointer, _ size: Int) {
    let isKept = blocks.withLock { blocks in
      guard blocks.bytes + size <= limit else { return false }
      blocks.bytes += size
      blocks.bySize[size, default: []].append(UInt(bitPattern: block))
      return true
    }
    if !isKept { block.deallocate() }
  }

  var unusedBytes: Int { blocks.withLock { $0.bytes } }

  /// Gives everything unused back to the system.
  package func empty() {
    let all = blocks.withLock { blocks in
      defer { blocks = Blocks() }
      return blocks.bySize.values.flatMap { $0 }
    }
    for address in all { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
  }
}
