import Foundation
import TestSupport
import Testing

@Suite struct DrawTests {
  private struct Report: Decodable {
    struct Image: Decodable {
      let path: String
      let seed: UInt64
      let width: Int
      let height: Int
    }
    let images: [Image]
    let prompt: String
    let steps: Int
    let seconds: Double
  }

  private func report(_ run: Gen) throws -> Report {
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.filter { $0 == "\n" }.count == 1 && run.output.hasSuffix("\n"))
    return try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
  }

  @Test func aPicture() throws {
    try Workplace.with { place in
      let run = try place.draw("a girl reading")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == "output.png\n")
      #expect(try place.files == ["output.png"])
      // Progress: whole plain lines, the last at the last step.
      #expect(run.errors.hasSuffix("\n") && !run.errors.contains("\r") && !run.errors.contains("\u{1B}"))
      #expect(try #require(run.errorLines.last).hasPrefix("4/4  "))
    }
  }

  @Test func aBatch() throws {
    try Workplace.with { place in
      let report = try report(place.draw("a fox", "-o", "x_%03d.png", "-b", "3", "-s", "7", "--json"))
      #expect(try place.files == ["x_001.png", "x_002.png", "x_003.png"])
      #expect(report.images.map(\.seed) == [7, 8, 9])
      #expect(report.images.allSatisfy { ($0.width, $0.height) == (64, 64) })
      #expect(try report.images.map { URL(filePath: $0.path).lastPathComponent } == place.files)
      #expect((report.prompt, report.steps) == ("a fox", 4))
      #expect(report.seconds > 0)
      // A picture does not depend on those before it.
      #expect(try place.draw("a fox", "-s", "8", "-o", "single.png", "--quiet").status == 0)
      #expect(try place.data("x_002.png") == place.data("single.png"))
    }
  }

  @Test func quietSaysNothing() throws {
    try Workplace.with { place in
      let run = try place.draw("a girl", "--quiet", "-b", "2")
      #expect((run.status, run.output, run.errors) == (0, "", ""))
      #expect(try place.files == ["output.png", "output_2.png"])
      let json = try place.draw("a girl", "--quiet", "--json")
      #expect(try report(json).images.count == 1)
      #expect(json.errors == "")
    }
  }

  @Test func verboseSaysHowLongItTook() throws {
    try Workplace.with { place in
      let run = try place.draw("a girl", "--verbose")
      for word in ["loaded in ", "denoised in ", "decoded and wrote in ", "GB at most"] {
        #expect(run.errors.contains(word))
      }
    }
  }

  @Test func negativeSeedsAreRandom() throws {
    try Workplace.with { place in
      let seeds = try [["-s", "-1"], ["--seed", "-9223372036854775808"], ["--seed=-1"]].map { seed in
        let run = try Gen(["a", "-m", Workplace.model, "--steps", "2", "--json"] + seed, in: place.folder)
        return try report(run).images[0].seed
      }
      #expect(Set(seeds).count == 3)
      #expect(seeds.allSatisfy { $0 < 1 << 32 })
    }
  }

  // MARK: Prompts

  @Test(arguments: [
    "a girl reading", "", " ", "👩🏽‍🚀 läuft, 猫: \"x\"", "two\nlines", "<|im_end|>", "{signals} {prompt}",
    "Steps: 3, a: b",
    "naïve café",
  ])
  func promptsAreKeptAsTheyAre(_ prompt: String) throws {
    try Workplace.with { place in
      #expect(try report(place.draw("--prompt", prompt, "--json")).prompt == prompt)
      let info = try place.gen("info", "output.png", "--json")
      let fields = try JSONDecoder().decode([String: String].self, from: Data(info.output.utf8))
      #expect(fields["Prompt"] == prompt)
    }
  }

  @Test(arguments: ["-5 degrees", "--steps", "-", "--"]) func promptsMayBeginWithADash(_ prompt: String)
    throws
  {
    try Workplace.with { place throws in
      #expect(try report(place.draw("--json", "--", prompt)).prompt == prompt)
    }
  }

  @Test(arguments: [
    ["a fox", "--steps", "2"], ["--steps", "2", "a fox"], ["draw", "a fox", "--steps", "2"],
    ["-p", "a fox", "--steps=2"],
  ])
  func thePromptMayStandAnywhere(_ arguments: [String]) throws {
    try Workplace.with { place in
      let run = try Gen(arguments + ["--json", "-m", Workplace.model], in: place.folder)
      #expect(try report(run).prompt == "a fox")
    }
  }

  // MARK: Flags

  /// Each way to say the same gives the same files.
  @Test(arguments: [
    (["--steps", "--step-count"], "3"), (["--cfg-scale", "--guidance-scale"], "2.5"),
    (["-s", "--seed"], "8"),
    (["-W", "--width"], "72"), (["-H", "--height"], "72"), (["-b", "--batch-count", "--image-count"], "2"),
    (["-t", "--threads"], "1"), (["--sampler", "--sampling-method", "--scheduler"], "Euler a"),
    (["-n", "--negative-prompt"], "clouds"), (["--schedule"], "leading"), (["--rng"], "numpy"),
    (["--rng"], "cuda"),
    (["--precision"], "f32"), (["--eta"], "0.5"), (["-o", "--output"], "other.PNG"),
    (["--llm"], Workplace.model + "/llm"),
  ])
  func flagsHaveAliases(_ names: [String], _ value: String) throws {
    let results = try names.map { name in
      try Workplace.with { place in
        let run = try Gen(["a girl", "-m", Workplace.model, name, value, "--quiet"], in: place.folder)
        #expect(run.status == 0, "\(run.errors)")
        return try Dictionary(uniqueKeysWithValues: place.files.map { ($0, try place.data($0)) })
      }
    }
    #expect(!results[0].isEmpty && Set(results).count == 1)
  }

  @Test func guidanceOfAllKinds() throws {
    try Workplace.with { place in
      let run = try place.draw(
        "a girl", "--guidance-rescale", "0.5", "--guidance-start", "0.25", "--guidance-stop", "0.75", "--apg",
        "--apg-momentum", "-0.25", "--apg-threshold", "2", "--apg-eta", "0.5", "--pag-scale", "3",
        "--pag-layers",
        "mid,down_blocks.1")
      #expect(run.status == 0, "\(run.errors)")
      let info = try place.gen("info", "output.png").output
      for text in [
        "Guidance rescale: 0.5, Guidance start: 0.25, Guidance stop: 0.75", "APG momentum: -0.25",
        "APG threshold: 2.0, APG eta: 0.5", "PAG scale: 3.0, PAG layers: mid down_blocks.1",
      ] {
        #expect(info.contains(text), "\(info)")
      }
    }
  }

  @Test func namesOfOutputs() throws {
    try Workplace.with { place throws in
      #expect(try place.draw("a", "-o", "d %e.png").output == "d %e.png\n")
      #expect(try place.draw("a", "-o", "%25é.png").status == 0)
      #expect(try place.draw("a", "-o", place.folder.appending(path: "absolute.png").path).status == 0)
      #expect(try place.draw("a", "-o", "./a.png").status == 0)
      #expect(try place.files == ["%25é.png", "a.png", "absolute.png", "d %e.png"])
    }
  }
}
