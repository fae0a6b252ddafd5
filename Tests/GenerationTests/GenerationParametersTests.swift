import Testing

@testable import Generation

@Suite struct GenerationParametersTests {
  private func expectSame(
    _ a: GenerationParameters, _ b: GenerationParameters, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(a.prompt == b.prompt, sourceLocation: sourceLocation)
    #expect(a.negativePrompt == b.negativePrompt, sourceLocation: sourceLocation)
    #expect(a.settings.map(\.key) == b.settings.map(\.key), sourceLocation: sourceLocation)
    #expect(a.settings.map(\.value) == b.settings.map(\.value), sourceLocation: sourceLocation)
  }

  // MARK: Layout

  @Test func threePartsOnTheirLines() {
    let parameters = GenerationParameters(
      prompt: "a girl reading", negativePrompt: "dark clouds",
      settings: [("Steps", "30"), ("Sampler", "ddim"), ("Size", "512x512")])
    #expect(
      parameters.text == """
        a girl reading
        Negative prompt: dark clouds
        Steps: 30, Sampler: ddim, Size: 512x512
        """)
    #expect(parameters["Size"] == "512x512")
    #expect(parameters["Model"] == nil)
  }

  @Test func noLineForNoNegativePrompt() {
    let parameters = GenerationParameters(prompt: "", settings: [("Steps", "1")])
    #expect(parameters.text == "\nSteps: 1")
  }

  @Test(arguments: [
    ("plain", "plain"), ("a b", "a b"), ("a,b", "\"a,b\""), ("a:b", "\"a:b\""), ("a\nb", #""a\nb""#),
    ("a\r\nb", #""a\r\nb""#), ("say \"hi\"", #""say \"hi\"""#), ("Ωé", "Ωé"), ("", ""),
    (" edge", "\" edge\""),
    ("edge ", "\"edge \""), (",\u{301}", "\",\u{301}\""),
  ])
  func valuesAreQuotedWhereNeeded(_ value: String, _ written: String) {
    let text = GenerationParameters(prompt: "p", settings: [("Model", value)]).text
    #expect(text.unicodeScalars.elementsEqual("p\nModel: \(written)".unicodeScalars), "\(text)")
  }

  // MARK: Round trip

  static let prompts = [
    "a girl reading", "", "two\nlines", "\n", "ends with a line\n", "carriage\r\nreturn\r", "a, b: c, \"d\"",
    "👩🏽‍🚀 наука 猫", "Steps: 30, Sampler: Euler", "a\nSteps: 3", " spaces ", "\\", "(word:1.2) [x|y]", "\u{301}",
  ]

  @Test(arguments: prompts, prompts) func whatIsWrittenIsRead(_ prompt: String, _ negative: String) {
    let parameters = GenerationParameters(
      prompt: prompt, negativePrompt: negative,
      settings: [
        ("Steps", "30"), ("Sampler", "dpm++2m"), ("Model", #"a, "b": c\n"# + "\n\r\n"), ("Hash", ""),
        ("Accent", "\u{301}x"), ("Quoted", ",\u{301}"), ("Edge", " x "), ("Version", "Voken 0.1.0"),
      ])
    expectSame(GenerationParameters(text: parameters.text), parameters)
  }

  @Test func settingsMayBeAbsent() {
    let parameters = GenerationParameters(prompt: "a girl", negativePrompt: "clouds", settings: [])
    expectSame(GenerationParameters(text: parameters.text), parameters)
  }

  // MARK: Other tools' texts

  @Test func webUI() {
    let parameters = GenerationParameters(
      text: """
        masterpiece, (a girl:1.2) reading,
        second line
        Negative prompt: lowres, bad hands,
        blurry
        Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1234567890, Size: 512x768, Model hash: 6ce0161689, \
        Model: v1-5-pruned-emaonly, VAE: "a, b.pt", Lora hashes: "x: 1f2e, y: 3d4c", Hires upscale: 2, Version: v1.6.0
        """)
    #expect(parameters.prompt == "masterpiece, (a girl:1.2) reading,\nsecond line")
    #expect(parameters.negativePrompt == "lowres, bad hands,\nblurry")
    #expect(parameters["Sampler"] == "DPM++ 2M Karras")
    #expect(parameters["VAE"] == "a, b.pt")
    #expect(parameters["Lora hashes"] == "x: 1f2e, y: 3d4c")
    #expect(parameters["Version"] == "v1.6.0")
    #expect(parameters.settings.count == 11)
  }

  @Test func stableDiffusionCpp() {
    let parameters = GenerationParameters(
      text: "a lovely cat\nNegative prompt: \nSteps: 20, CFG scale: 7.000000, Guidance: 3.500000, Seed: 42, "
        + "Size: 512x512, Model: sd.gguf, RNG: cuda, Sampler: euler_a, Version: stable-diffusion.cpp")
    #expect(parameters.prompt == "a lovely cat")
    #expect(parameters.negativePrompt == "")
    #expect(parameters["Version"] == "stable-diffusion.cpp")
  }

  @Test func windowsLineEnds() {
    let parameters = GenerationParameters(
      text: "a girl\r\nNegative prompt: clouds\r\nSteps: 20, Sampler: Euler a")
    #expect(parameters["Sampler"] == "Euler a")
    #expect(parameters.prompt.hasPrefix("a girl"))
    #expect(parameters.negativePrompt.hasPrefix("clouds"))
  }

  @Test func textWithoutSettingsIsAllPrompt() {
    let parameters = GenerationParameters(text: "a girl: reading, quietly\nsecond")
    #expect(parameters.prompt == "a girl: reading, quietly\nsecond")
    #expect(parameters.settings.isEmpty)
  }

  // MARK: Hostile texts

  @Test(arguments: [
    "", "\n", "\n\n\n", ":", ": ", "Steps", "Steps:", "Steps: ", "Steps: \"", "Steps: \"\\", "Steps: \"\\\"",
    "Steps: 1, \"", "Steps: 1, : , :", "Steps: 1,,,,", "Steps: \"\\ud800\"", "Steps: \"a\" b: \"c\"",
    "Negative prompt: ", "Negative prompt: \nNegative prompt: ", "Steps: 1\u{0}", "\u{FEFF}Steps: 1",
    "Steps: \u{301}", "Steps\u{301}: 1", "{\"Steps\": 1}", "Steps: \"\u{301}\"", "\r", "\r\n", "Steps: 1\r\n",
  ])
  func strangeTextsAreRead(_ text: String) {
    let once = GenerationParameters(text: text)
    #expect(GenerationParameters(text: once.text).settings.count == once.settings.count)
  }

  @Test func randomTextsAreRead() {
    let pieces = [
      "Steps: ", "\"", "\\", ",", ":", " ", "\n", "\r", "a", "\u{301}", "👩🏽‍🚀", "Negative prompt: ", "\u{0}",
    ]
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5_000 {
      let text = (0..<Int.random(in: 0..<16, using: &generator)).map { _ in
        pieces[Int.random(in: pieces.indices, using: &generator)]
      }.joined()
      _ = GenerationParameters(text: text)
    }
  }

  @Test(
    .timeLimit(.minutes(1)), arguments: ["Steps: \"", "Steps: \"\\\"", "Steps: 1, ", ": ", "\"", "\n", "a"])
  func longTextsAreReadInTime(_ piece: String) {
    let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
    #expect(GenerationParameters(text: text).text.utf8.count > 0)
    #expect(GenerationParameters(text: "a\nSteps: 1, " + text).text.utf8.count > 0)
  }
}
