import Foundation
import Tensors

/// A file that is written beside its place and takes it only when it is whole.
struct FileAside {
  private let url: URL
  private let temporary: URL
  private let file: UnsafeMutablePointer<FILE>

  /// Writes what `body` does; after a failure there is neither a new file nor a part of one.
  static func write(to url: URL, _ body: (FileAside) throws -> Void) throws {
    let aside = try FileAside(url)
    do {
      try body(aside)
      try aside.check(fflush(aside.file) == 0 && fsync(fileno(aside.file)) == 0)
      fclose(aside.file)
    } catch {
      fclose(aside.file)
      unlink(aside.temporary.path)
      throw error
    }
    guard rename(aside.temporary.path, url.path) == 0 else {
      let error = aside.failure()
      unlink(aside.temporary.path)
      throw error
    }
  }

  private init(_ url: URL) throws {
    self.url = url
    temporary = url.deletingLastPathComponent()
      .appending(path: ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).part")
    guard let file = fopen(temporary.path, "wb") else {
      throw CheckpointError(file: url.path, fault: String(cString: strerror(errno)))
    }
    self.file = file
  }

  func write(_ data: Data) throws {
    try data.withUnsafeBytes { try check(fwrite($0.baseAddress, 1, $0.count, file) == $0.count) }
  }

  func write(_ tensor: Tensor) throws {
    guard tensor.byteCount > 0 else { return }
    try tensor.withBytes { try check(fwrite($0.baseAddress, 1, $0.count, file) == $0.count) }
  }

  func write(zeros count: Int) throws { if count > 0 { try write(Data(count: count)) } }

  private func check(_ isDone: Bool) throws { if !isDone { throw failure() } }

  private func failure() -> CheckpointError {
    CheckpointError(file: url.path, fault: String(cString: strerror(errno)))
  }
}
