import Foundation

extension LanguageModel {
  init(gguf file: URL) throws { throw LanguageModelError.unsupported("GGUF", source: file.path) }
}
