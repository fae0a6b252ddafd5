/// A chat template of a known family. Templates are Jinja programs; instead of running them, this recognizes the
/// expression by which a family writes a message, and takes the default texts from the source.
struct ChatTemplate: Sendable, Equatable {
  enum Family: Sendable, Equatable {
    /// The system message put first where the conversation has none.
    case chatML(defaultSystem: String?)
    case llama2
    /// The lines that Llama-3.1 and later put before the system message, which is then always there.
    case llama3(systemPreamble: String?)
  }

  let family: Family

  /// Throws `unknownChatTemplate` for any other family.
  init(_ source: String) throws(TokenizerError) {
    let code = TemplateSource(source)
    if code.contains("'<|im_start|>'+message['role']+'\\n'+message['content']+'<|im_end|>'+'\\n'")
      || code.contains("'<|im_start|>'+message['role']+'\\n'+message['content']+'<|im_end|>\\n'")
    {
      family = .chatML(defaultSystem: code.literal(after: "<|im_start|>system\n", before: "<|im_end|>"))
    } else if code.contains(
      "'<|start_header_id|>'+message['role']+'<|end_header_id|>\\n\\n'+message['content']|trim+'<|eot_id|>'")
    {
      family = .llama3(systemPreamble: Self.llama31Preamble(code))
    } else if code.contains("'<<SYS>>\\n'+system_message+'\\n<</SYS>>\\n\\n'+message['content']"),
      code.contains("bos_token+'[INST]'+content.strip()+'[/INST]'")
        || code.contains("bos_token+'[INST]'+content|trim+'[/INST]'")
    {
      family = .llama2
    } else {
      throw .unknownChatTemplate(start: source)
    }
  }

  /// The conversation as the template writes it.
  func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool, bos: String, eos: String
  ) throws(TokenizerError) -> String {
    guard !messages.isEmpty else { throw .invalidConversation(reason: "there is no message") }
    switch family {
    case .chatML(let system): return Self.chatML(messages, system, addGenerationPrompt)
    case .llama3(let preamble): return bos + Self.llama3(messages, preamble, addGenerationPrompt)
    case .llama2: return try Self.llama2(messages, bos, eos)
    }
  }

  private static func chatML(_ messages: [ChatMessage], _ system: String?, _ addGenerationPrompt: Bool)
    -> String
  {
    var messages = messages
    if let system, messages[0].role != .system {
      messages.insert(ChatMessage(role: .system, content: system), at: 0)
    }
    return messages.map { "<|im_start|>\($0.role.rawValue)\n\($0.content)<|im_end|>\n" }.joined()
      + (addGenerationPrompt ? "<|im_start|>assistant\n" : "")
  }

  private static func llama3(_ messages: [ChatMessage], _ preamble: String?, _ addGenerationPrompt: Bool)
    -> String
  {
    var messages = messages.map { ChatMessage(role: $0.role, content: trim($0.content)) }
    if let preamble {
      let system = messages[0].role == .system ? messages.removeFirst().content : ""
      messages.insert(ChatMessage(role: .system, content: preamble + system), at: 0)
    }
    return messages.map { header($0.role) + $0.content + "<|eot_id|>" }.joined()
      + (addGenerationPrompt ? header(.assistant) : "")
  }

  private static let trim = Normalizer.strip(left: true, right: true)

  private static func header(_ role: ChatMessage.Role) -> String {
    "<|start_header_id|>\(role.rawValue)<|end_header_id|>\n\n"
  }

  private static func llama2(_ messages: [ChatMessage], _ bos: String, _ eos: String) throws(TokenizerError)
    -> String
  {
    var turns = messages[...]
    let system = turns.first?.role == .system ? turns.removeFirst().content : nil
    var prompt = ""
    for (index, turn) in turns.enumerated() {
      guard turn.role == (index.isMultiple(of: 2) ? .user : .assistant) else {
        throw .invalidConversation(reason: "roles must alternate user, assistant, user, …")
      }
      if turn.role == .user {
        let before = index == 0 ? system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "" : ""
        prompt += "\(bos)[INST] \(trim(before + turn.content)) [/INST]"
      } else {
        prompt += " \(trim(turn.content)) \(eos)"
      }
    }
    return prompt
  }

  /// Llama-3.1's lines on dates. The template's fallback date stands for today's, so that a prompt does not change
  /// from one day to the next.
  private static func llama31Preamble(_ code: TemplateSource) -> String? {
    guard let cutoff = code.literal(after: "Cutting Knowledge Date: ", before: "\n"),
      let today = code.literal(assignedTo: "date_string")
    else { return nil }
    return "Cutting Knowledge Date: \(cutoff)\nToday Date: \(today)\n\n"
  }
}
