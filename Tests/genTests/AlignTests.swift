import Foundation
import TestSupport
import Testing

/// `gen align` as it is typed.
@Suite struct AlignTests {
  private static let captions = (1...12).map { "picture \($0) of a cat\n" }.joined()

  private static func arguments(_ more: [String] = []) -> [String] {
    [
      "align", "--captions", "captions.txt", "-o", "aligned", "--model", Workplace.model, "--llm",
      Fixture.url("language/llama-tied").path, "--width", "32", "--heads", "4", "--depth", "1", "--ffn", "48",
      "--batch-size", "4", "--held-out", "2", "--evaluate-every", "5",
    ] + more
  }

  private static func with<R>(_ text: String = captions, _ body: (Workplace) throws -> R) throws -> R {
    try Workplace.with { place in
      try Data(text.utf8).write(to: place.folder.appending(path: "captions.txt"))
      return try body(place)
    }
  }

  @Test func alignsAndDraws() throws {
    try Self.with { place in
      let run = try Gen(Self.arguments(["--steps", "10"]), in: place.folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("on 2 captions held out") && run.output.hasSuffix("aligned\n"))
      #expect(run.errorLines.contains { $0.hasPrefix("step 10/10  loss ") && $0.contains("0:00 left") })
      let picture = try place.gen("a cat", "--model", "aligned", "--steps", "2")
      #expect(picture.status == 0, "\(picture.errors)")
      #expect(try place.files == ["aligned", "captions.txt", "output.png"])
      let again = try Gen(Self.arguments(["--steps", "10"]), in: place.folder)
      #expect(again.status == 1 && again.errors.contains("holds a model already"))
    }
  }

  /// Ctrl-C during the steps; then the same command, to the bytes of a run without a break.
  @Test func goesOnAfterCtrlC() throws {
    let result = "aligned/projector/model.safetensors"
    let whole = try Self.with { place in
      #expect(try Gen(Self.arguments(["--steps", "300", "--quiet"]), in: place.folder).status == 0)
      return try place.data(result)
    }
    try Self.with { place in
      let run = try Gen(
        Self.arguments(["--steps", "300"]), in: place.folder, stop: [SIGINT], after: "step 10/300")
      #expect(run.status == 130 && run.errorLines.last == "gen: stopped", "\(run.errors)")
      #expect(try contents(of: place.folder.appending(path: "aligned")) == ["alignment"])
      let rest = try Gen(Self.arguments(["--steps", "300"]), in: place.folder)
      #expect(rest.status == 0 && rest.errorLines.contains { $0.hasPrefix("goes on after step ") })
      #expect(try place.data(result) == whole)
    }
  }

  @Test func prints() throws {
    try Self.with { place in
      let run = try Gen(Self.arguments(["--steps", "2", "--json", "--quiet"]), in: place.folder)
      #expect(run.status == 0 && run.errors == "" && run.output.hasPrefix("{\"output\":"))
      #expect(run.output.contains("\"centeredCosine\""))
    }
  }

  private static let faults: [(String, [String], Int32, String)] = [
    ("", [], 1, "captions.txt: holds no captions"),
    (captions, ["--captions", "none.txt"], 1, "none.txt"),
    ("a cat\n" + String(repeating: "fox ", count: 300) + "\na dog\na hat\n", [], 1, "captions.txt: line 2"),
    (captions, ["--steps", "0"], 64, "--steps 0"), (captions, ["--llm-layers", "99"], 1, "99 layers"),
    (captions, ["--learning-rate", "nan"], 64, "--learning-rate nan"),
    (captions, ["--projector", "QFormer"], 64, "QFormer"), (captions, ["--heads", "5"], 64, "heads"),
    (captions, ["--held-out", "12"], 64, "--held-out 12"),
    (captions, ["-o", "captions.txt"], 1, "is a file"),
    (captions, ["--llm", "none.gguf"], 1, "none.gguf"), (captions, ["--loss", "l3"], 64, "l3"),
    (captions, ["--null", "text"], 64, "--null text"),
  ]

  @Test(arguments: faults.indices) func faultsAreOneLine(_ index: Int) throws {
    let (text, more, status, words) = Self.faults[index]
    try Self.with(text) { place in
      let run = try Gen(Self.arguments(["--quiet"] + more), in: place.folder)
      #expect(run.status == status, "\(run.errors)")
      #expect(
        run.errorLines.count == 1 && run.errors.hasPrefix("gen: ") && run.errors.contains(words),
        "\(run.errors)")
      #expect(run.output == "")
      #expect(try place.files == ["captions.txt"])
    }
  }

  @Test func notUTF8() throws {
    try Self.with { place in
      try Data([0x61, 0x0A, 0xFF, 0xFE, 0x0A]).write(to: place.folder.appending(path: "captions.txt"))
      let run = try Gen(Self.arguments(), in: place.folder)
      #expect(run.status == 1 && run.errors.contains("line 2 is not UTF-8") && run.errorLines.count == 1)
    }
  }
}
