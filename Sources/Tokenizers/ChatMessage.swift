/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  public enum Role: String, Sendable {
    case system
    case user
    case assistant
  }

  public var role: Role
  public var content: String

  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

extension Tokenizer {
  /// The conversation as the model's chat template writes it, ending where the assistant's answer begins if
  /// `addGenerationPrompt`. It holds the BOS where the template does: encode it with `addSpecialTokens: false`.
  /// Throws if the model has no template, an unknown one, or one that does not allow this order of roles.
  public func chatPrompt(
    messages: [ChatMessage], addGenerationPrompt: Bool = true
  ) throws(TokenizerError) -> String {
    guard let chatTemplate else { throw .noChatTemplate }
    return try ChatTemplate(chatTemplate).render(
      messages, addGenerationPrompt: addGenerationPrompt,
      bos: bosID.flatMap(token(of:)) ?? "", eos: eosID.flatMap(token(of:)) ?? "")
  }
}
