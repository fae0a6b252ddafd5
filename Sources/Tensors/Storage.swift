import Foundation

/// The bytes behind tensors: allocated here, or a file mapped read-only. Shared by reference; a tensor writes only to
/// allocated storage that nobody else holds.
public final class Storage: @unchecked Sendable {
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  let isMapped: Bool

  /// Uninitialized bytes, aligned for every instruction set.
  public init(byteCount: Int) {
    base = Self.allocate(byteCount)
    self.byteCount = byteCount
    isMapped = false
  }

  /// Large blocks come as huge pages where the system has them: touching fresh 4 KB pages takes longer than most
  /// operations on them.
  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
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
    if isMapped {
      guard let mapped = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED
      else { throw MappingError(path: path, code: errno) }
      base = mapped
    } else {
      base = .allocate(byteCount: 1, alignment: 64)
    }
  }

  deinit {
    if isMapped { munmap(base, byteCount) } else { base.deallocate() }
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
