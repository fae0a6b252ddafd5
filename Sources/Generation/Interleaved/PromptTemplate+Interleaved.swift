import LanguageModels

extension PromptTemplate {
  /// The template up to the signals with texts and pictures for `{prompt}`.
  func filled(_ prompt: InterleavedPrompt) -> InterleavedPrompt {
    var items: [InterleavedPrompt.Item] = []
    for (index, part) in parts.enumerated() { items += (index > 0 ? prompt.items : []) + [.text(part)] }
    return InterleavedPrompt(items).merged
  }
}
