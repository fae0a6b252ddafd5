import Foundation
import TestSupport
import Testing

@Suite struct ConvertModelTests {
  private static let model = Fixture.url("formats/sd1.ckpt").path

  @Test func convertsAndDraws() throws {
    try Workplace.with { place in
      let run = try place.gen("convert", Self.model, "a.gguf", "--type", "q8_0")
      #expect(run.status == 0 && run.output == "a.gguf\n", "\(run.errors)")
      let again = try place.gen("convert", Self.model, "a.gguf", "--type", "f16")
      #expect(again.status == 64 && again.errorLines.count == 1 && again.errors.contains("--force"))
      let forced = try place.gen("convert", Self.model, "a.gguf", "--type", "f16", "--force", "--quiet")
      #expect(forced.status == 0 && forced.output.isEmpty && forced.errors.isEmpty, "\(forced.errors)")
      let draw = try place.gen("a fox", "-m", "a.gguf", "-W", "64", "-H", "64", "--steps", "2", "--quiet")
      #expect(draw.status == 0, "\(draw.errors)")
      #expect(try place.files == ["a.gguf", "output.png"])
    }
  }

  @Test(
    arguments: [
      (["convert", model, "a.safetensors", "--type", "q4_0"], 64, "need a .gguf"),
      (["convert", model, "a.gguf", "--type", "q3"], 64, "q3"), (["convert", model], 64, "IN OUT"),
      (["convert", "missing.ckpt", "a.gguf"], 1, "missing.ckpt"),
      (["convert", model, "nowhere/a.gguf"], 1, "nowhere"),
      (["a", "-m", model, "--lora", "missing.safetensors"], 1, "missing.safetensors"),
      (["a", "-m", model, "--lora", "x.safetensors:nan"], 64, "finite"),
      (["a", "-m", model, "--vae", "missing"], 1, "missing"),
      (["a", "-m", model, "--embedding", "w=missing.pt"], 1, "missing.pt"),
      (["a", "-m", model, "--clip-skip", "9", "-W", "64", "-H", "64"], 64, "clip-skip"),
      (["a", "-m", model, "--clip-skip=-1"], 64, "clip-skip"),
      (["a", "-m", model, "--prediction", "x"], 64, "x"),
      (["a", "-m", model, "--prompt-syntax", "x"], 64, "a1111"),
    ] as [([String], Int32, String)])
  func faults(_ arguments: [String], _ status: Int32, _ word: String) throws {
    try Workplace.with { place in
      let run = try Gen(arguments, in: place.folder)
      #expect(run.status == status && run.errorLines.count == 1 && run.errors.contains(word), "\(run.errors)")
      #expect(try place.files == [])
    }
  }

  /// A checkpoint that would run code is refused by the name of what it would run.
  @Test func maliciousPickles() throws {
    try Workplace.with { place in
      try Fixture.data("formats/evil.ckpt").write(to: place.folder.appending(path: "evil.ckpt"))
      let run = try place.gen("a", "-m", "evil.ckpt")
      #expect(
        run.status == 1 && run.errors.contains("posix.system") && run.errorLines.count == 1, "\(run.errors)")
      #expect(try place.files == ["evil.ckpt"])
    }
  }
}
