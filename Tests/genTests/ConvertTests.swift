import Foundation
import TestSupport
import Testing

@Suite struct ConvertTests {
  private static let gill = [
    "convert", "--from", "gill", "--llm", Fixture.url("systems/opt").path, "--diffusion",
    Fixture.url("pipeline/sd1").path,
  ]

  @Test func convertedFoldersDraw() throws {
    try Workplace.with { place in
      let run = try Gen(Self.gill + [Fixture.url("systems/gill").path, "-o", "gill"], in: place.folder)
      #expect(run.status == 0 && run.output == "gill\n", "\(run.errors)")
      let drawn = try place.gen("a girl reading a book", "--model", "gill", "--steps", "2", "--quiet")
      #expect(drawn.status == 0, "\(drawn.errors)")
      #expect(try place.files == ["gill", "output.png"])
      let again = try Gen(Self.gill + [Fixture.url("systems/gill").path, "-o", "gill"], in: place.folder)
      #expect(again.status == 1 && again.errors.contains("gill is there already"))
    }
  }

  @Test func wrongRequests() throws {
    try Workplace.with { place in
      for (arguments, status) in [
        (["convert", "x", "-o", "y"], 1), (["convert", "x"], 64),
        (["convert", "--from", "gill", "x", "-o", "y"], 64),
        (["convert", "--from", "dalle", "x", "-o", "y"], 64),
        (Self.gill + ["x", "-o", "y", "--lora-alpha", "nan"], 64),
        (Self.gill + ["nowhere", "-o", "y"], 1),
        (Self.gill + [Fixture.url("systems/minigpt5/stage1.ckpt").path, "-o", "y"], 1),
      ] as [([String], Int32)] {
        let run = try Gen(arguments, in: place.folder)
        #expect(
          run.status == status && run.errorLines.allSatisfy { !$0.isEmpty }, "\(arguments): \(run.errors)")
      }
      #expect(try place.files == [])
    }
  }

  @Test func documentsAreReadOrRefused() throws {
    try Workplace.with { place in
      let pictures = Fixture.url("images/document.md").path
      let refused = try place.draw("--document", pictures)
      #expect(refused.status == 1 && refused.errors.contains("image encoder"), "\(refused.errors)")
      try Data("a girl".utf8).write(to: place.folder.appending(path: "text.md"))
      #expect(try place.draw("--document", "text.md", "-o", "a.png", "--quiet").status == 0)
      #expect(try place.draw("a girl", "-o", "b.png", "--quiet").status == 0)
      #expect(try place.data("a.png") == place.data("b.png"))
      #expect(try place.draw("a girl", "--document", "text.md").status == 64)
      #expect(try place.draw("--document", "none.md").status == 1)
    }
  }
}
