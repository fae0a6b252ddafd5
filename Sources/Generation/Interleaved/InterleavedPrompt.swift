/// A prompt of texts and pictures in order.
public struct InterleavedPrompt: Sendable, Equatable {
  public enum Item: Sendable, Equatable {
    case text(String)
    case picture(Picture)
  }

  public var items: [Item]

  public init(_ items: [Item]) { self.items = items }

  public init(text: String) { items = [.text(text)] }

  public var hasPictures: Bool {
    items.contains { if case .picture = $0 { true } else { false } }
  }

  /// The texts alone.
  public var text: String {
    items.map { if case .text(let text) = $0 { text } else { "" } }.joined()
  }

  /// The same with texts around it.
  public func wrapped(before: String, after: String) -> InterleavedPrompt {
    InterleavedPrompt([.text(before)] + items + [.text(after)]).merged
  }

  /// The same with neighbouring texts as one, and none that are empty.
  public var merged: InterleavedPrompt {
    var merged: [Item] = []
    for item in items {
      if case .text(let text) = item {
        if text.isEmpty { continue }
        if case .text(let before)? = merged.last {
          merged[merged.count - 1] = .text(before + text)
          continue
        }
      }
      merged.append(item)
    }
    return InterleavedPrompt(merged)
  }
}
