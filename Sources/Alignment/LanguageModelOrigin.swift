import Foundation
import Generation
import LanguageModels

/// Where a language model comes from, and how another model folder gets it.
struct LanguageModelOrigin {
  /// The file or folder to open.
  let url: URL
  /// A `source.json` that names it, which is all that the other folder needs.
  private let source: URL?
  /// transformers' name for its kind.
  let className: String

  /// - Parameter url: nil for the teacher's own.
  init(_ url: URL?, teacher: TeacherFolder, quiet: Bool) throws {
    let source = teacher.url.appending(path: "llm/source.json")
    let hasSource = FileManager.default.fileExists(atPath: source.path)
    if url == nil, !teacher.isSignalTokenModel {
      throw AlignmentError.request(
        "which language model? \(teacher.url.path) has none of its own; name one by --llm")
    }
    let cached = hasSource ? try? LanguageModelSource(contentsOf: source).cachedFile : nil
    let isCached = url?.resolvingSymlinksInPath() == cached?.resolvingSymlinksInPath()
    self.source = hasSource && (url == nil || isCached) ? source : nil
    self.url = try url ?? LanguageModelSource.languageModel(of: teacher.url, quiet: quiet)
    className = "LlamaForCausalLM"
  }

  private init(url: URL, source: URL?, className: String) {
    (self.url, self.source, self.className) = (url, source, className)
  }

  /// The same, of the kind that was found when it was opened.
  func of(_ model: LanguageModel) -> Self {
    Self(url: url, source: source, className: model.decoder is OPTModel ? "OPTForCausalLM" : className)
  }

  /// Puts it into an `llm/` folder.
  func place(in folder: URL) throws {
    if let source {
      try FileManager.default.copyItem(at: source, to: folder.appending(path: "source.json"))
    } else if try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
      try linkFiles(of: url, into: folder)
    } else {
      let file = url.resolvingSymlinksInPath()
      try linkFile(file, to: folder.appending(path: url.lastPathComponent))
    }
  }
}
