import Foundation

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

  /// Of its texts and pixels.
  public var sha256: String {
    var digest = SHA256()
    for item in items {
      switch item {
      case .text(let text): digest.update(Data("text \(text.utf8.count)\n\(text)".utf8))
      case .picture(let picture):
        digest.update(Data("picture \(picture.width) \(picture.height)\n".utf8))
        digest.update(picture.pixels)
      }
    }
    return digest.hex()
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
