import Foundation

/// A story for reading: as Markdown, and as a page that needs nothing but its pictures.
struct StoryPage {
  let title: String
  let items: [InterleavedItem]

  /// The text as it was written, with relative links to the pictures.
  var markdown: String {
    let blocks = items.map { item in
      switch item {
      case .text(let text, _): text.trimmingCharacters(in: .whitespacesAndNewlines)
      case .image(let image): "![\(Self.oneLine(image.caption, escaping: "\\[]"))](\(image.path))"
      }
    }
    return (["# \(Self.oneLine(title, escaping: ""))"] + blocks).filter { !$0.isEmpty }.joined(
      separator: "\n\n")
      + "\n"
  }

  var html: String {
    let title = Self.escaped(title)
    let blocks = items.map { item in
      switch item {
      case .text(let text, _): Self.paragraphs(text)
      case .image(let image):
        "<figure><img src=\"\(Self.escaped(image.path))\" alt=\"\(Self.escaped(image.caption))\" "
          + "width=\"\(image.width)\" height=\"\(image.height)\"></figure>"
      }
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>
      :root { color-scheme: light dark; --paper: #fbfaf7; --ink: #23211e; }
      @media (prefers-color-scheme: dark) { :root { --paper: #1b1a18; --ink: #e6e2da; } }
      body { margin: 0; background: var(--paper); color: var(--ink); font: 1.15rem/1.65 Georgia, "Times New Roman", serif; }
      article { max-width: 34rem; margin: 3rem auto; padding: 0 1.25rem; }
      h1 { font-size: 1.9rem; line-height: 1.25; }
      figure { margin: 2rem 0; text-align: center; }
      img { width: min(100%, 22rem); height: auto; border-radius: .5rem; background: #fff; }
      </style>
      </head>
      <body>
      <article>
      <h1>\(title)</h1>
      \(blocks.filter { !$0.isEmpty }.joined(separator: "\n"))
      </article>
      </body>
      </html>

      """
  }

  /// A paragraph for each run of lines; a single line break stays one.
  private static func paragraphs(_ text: String) -> String {
    var paragraphs: [[String]] = [[]]
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty {
        paragraphs.append([])
      } else {
        paragraphs[paragraphs.count - 1].append(escaped(line))
      }
    }
    return paragraphs.filter { !$0.isEmpty }.map { "<p>\($0.joined(separator: "<br>\n"))</p>" }.joined(
      separator: "\n")
  }

  private static func oneLine(_ text: String, escaping special: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ").reduce(into: "") { line, character in
      if special.contains(character) { line.append("\\") }
      line.append(character)
    }
  }

  private static func escaped(_ text: String) -> String {
    // By scalars: a quotation mark with an accent is one character to Swift, but still a quotation mark in HTML.
    text.unicodeScalars.reduce(into: "") { html, scalar in
      switch scalar {
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "\"": html += "&quot;"
      default: html.unicodeScalars.append(scalar)
      }
    }
  }
}
