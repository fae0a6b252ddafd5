import ArgumentParser
import Foundation
import Generation

/// A prompt that is a document.
struct DocumentOptions: ParsableArguments {
  @Option(help: "A Markdown file as the prompt; its PNG images go in where the model can read pictures.")
  var document: String?

  var prompt: InterleavedPrompt? {
    get throws { try document.map { try InterleavedPrompt(markdown: URL(filePath: $0)) } }
  }
}
