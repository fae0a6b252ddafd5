import Foundation

/// The bytes behind tensors: allocated here, or a file mapped read-only. Shared by reference; a tensor writes only to
/// allocated storage that nobody else holds.
public final class Storage: @unchecked Sendable {
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  let isMapped: Bool
  /// 0 if the block is no block of the pool.
  private let pooledSize: Int

  /// Uninitialized bytes, aligned for every instruction set.
  /// - Parameter isPooled: keep a large block for the next storage of its size when this one ends; not for what lives
  ///   as long as a model.
  public init(byteCount: Int, isPooled: Bool = true) {
    self.byteCount = byteCount
    isMapped = false
    if isPooled && byteCount >= BlockPool.smallest {
      pooledSize = BlockPool.size(for: byteCount)
      base = BlockPool.shared.take(pooledSize)
    } else {
      pooledSize = 0
      base = Self.allocate(byteCount)
    }
  }

  /// Large blocks come as huge pages where the system has them: touching fresh 4 KB pages takes longer than most
  /// operations on them.
  static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    #if os(Linux)
      let hugePage = 2 << 20
      if byteCount >= 4 * hugePage {
        let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: hugePage)
        madvise(block, byteCount / hugePage * hugePage, MADV_HUGEPAGE)
        return block
      }
    #endif
    return .allocate(byteCount: max(byteCount, 1), alignment: 64)
  }

  /// Maps a whole file; pages are read when they are touched.
  public init(mapping url: URL) throws(MappingError) {
    let path = url.path
    // Without O_NONBLOCK the system would wait for a pipe's writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw MappingError(path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw MappingError(path: path, code: errno) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      throw MappingError(path: path, code: kind == S_IFDIR ? EISDIR : ENODEV)
    }
    byteCount = Int(status.st_size)
    isMapped = byteCount > 0
    pooledSize = 0
    if isMapped {
      guard let mapped = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED
      else { throw MappingError(path: path, code: errno) }
      base = mapped
    } else {
      base = .allocate(byteCount: 1, alignment: 64)
    }
  }

  deinit {
    if isMapped {
      munmap(base, byteCount)
    } else if pooledSize > 0 {
      BlockPool.shared.give(base, pooledSize)
    } else {
      base.deallocate()
    }
  }

  /// Lets the system take back the memory that pages of a mapped file occupy; they are read again when touched.
  func releasePages(_ range: Range<Int>) {
    guard isMapped else { return }
    let page = Int(getpagesize())
    let start = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    if start < end { madvise(base + start, end - start, MADV_DONTNEED) }
  }
}

/// A file that could not be opened or mapped, with the system's reason.
public struct MappingError: Error, CustomStringConvertible {
  public let path: String
  public let code: Int32
  /// What the system says about it; `ENODEV` is its code for what cannot be mapped.
  public var reason: String { code == ENODEV ? "not a regular file" : String(cString: strerror(code)) }
  public var description: String { "cannot read \(path): \(reason)" }
}
