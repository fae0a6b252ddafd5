import Foundation
import Testing

@testable import Generation

@Suite struct StoryPageTests {
  private func image(_ caption: String) -> InterleavedItem {
    .image(
      StoryImage(
        path: "images/001.png", caption: caption, seed: 1, position: 1, isForced: false, width: 128,
        height: 64,
        sha256: ""))
  }

  @Test func markdownLinksPictures() {
    let page = StoryPage(
      title: "a fox",
      items: [.text("\nOne.\n\nTwo.\n", tokens: []), image("Two [or\nso]"), .text(" \n", tokens: [])])
    #expect(page.markdown == "# a fox\n\nOne.\n\nTwo.\n\n![Two \\[or so\\]](images/001.png)\n")
  }

  @Test func htmlEscapesAndNamesPictures() {
    let page = StoryPage(
      title: "<b>&", items: [.text("a <script>\nb\n\n\nc \"d\"", tokens: []), image("x\"\u{301} onload=\"y")])
    #expect(page.html.contains("<title>&lt;b&gt;&amp;</title>"))
    #expect(page.html.contains("<p>a &lt;script&gt;<br>\nb</p>\n<p>c &quot;d&quot;</p>"))
    #expect(page.html.contains("alt=\"x&quot;\u{301} onload=&quot;y\" width=\"128\" height=\"64\""))
    #expect(!page.html.contains("<script"))
  }
}
