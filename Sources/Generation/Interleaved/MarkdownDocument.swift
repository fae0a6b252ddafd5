import Foundation

/// Why a document cannot be a prompt, in one line.
public struct DocumentError: Error, Equatable, CustomStringConvertible {
  public let path: String
  public let fault: String

  public var description: String { "\(path): \(fault)" }
}

extension InterleavedPrompt {
  private static let maximumBytes = 1 << 22
  private static let maximumPictures = 64

  /// Reads a Markdown document: its text as it stands, without white space at the ends, and the PNG files of its images,
  /// `![title](path)`, in their places. Paths are relative to the document. In code, images are text.
  ///
  /// - Throws: `DocumentError` or `PNGError`, one line that names the file.
  public init(markdown file: URL) throws {
    func fault(_ reason: String) -> DocumentError { DocumentError(path: file.path, fault: reason) }
    guard let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize else {
      throw fault("cannot be read")
    }
    guard size <= Self.maximumBytes else { throw fault("is larger than 4 MB") }
    guard let data = try? Data(contentsOf: file) else { throw fault("cannot be read") }
    guard let text = String(validating: data, as: UTF8.self) else { throw fault("is not UTF-8") }
    var items: [Item] = []
    for part in MarkdownScanner.parts(of: text.trimmingCharacters(in: .whitespacesAndNewlines)) {
      switch part {
      case .text(let text): items.append(.text(text))
      case .image(let path):
        guard items.count < 2 * Self.maximumPictures else {
          throw fault("has more than \(Self.maximumPictures) pictures")
        }
        items.append(.picture(try Self.picture(path, beside: file, fault)))
      }
    }
    self = InterleavedPrompt(items).merged
    guard !self.items.isEmpty else { throw fault("is empty") }
  }

  private static func picture(
    _ path: String, beside document: URL, _ fault: (String) -> DocumentError
  ) throws -> Picture {
    if path.contains("://") || path.hasPrefix("data:") {
      throw fault("the picture \(path.prefix(80)) is not a file; save it beside the document")
    }
    let name = path.removingPercentEncoding ?? path
    guard !name.contains("\0") else { throw fault("the path of a picture holds a NUL") }
    let file = URL(filePath: name, relativeTo: document.deletingLastPathComponent()).absoluteURL
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw fault("there is no picture \(name.prefix(200))")
    }
    return try PNGFile.read(file)
  }
}
