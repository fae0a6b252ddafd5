import Foundation

extension ModelFiles {
  /// Bytes that a language model and its projector take: about what their files do, for they are kept as stored. A model
  /// that is yet to be fetched counts for nothing.
  func signalBytes(languageModel: URL?) throws -> Int {
    let source = url.appending(path: "llm/source.json")
    var language = languageModel ?? url.appending(path: "llm")
    if languageModel == nil, FileManager.default.fileExists(atPath: source.path) {
      language = try LanguageModelSource(contentsOf: source).cachedFile
    }
    // The projector's numbers are widened from two bytes to four.
    return Self.bytes(of: language) + 2 * Self.bytes(of: url.appending(path: "projector"))
  }

  /// The size of a file, or of those right in a folder.
  private static func bytes(of url: URL) -> Int {
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: url.path)) ?? []
    let paths = names.isEmpty ? [url.path] : names.map { url.appending(path: $0).path }
    return paths.reduce(0) { $0 + ((try? files.attributesOfItem(atPath: $1)[.size] as? Int) ?? 0) }
  }
}
