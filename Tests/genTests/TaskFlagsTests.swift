import Foundation
import TestSupport
import Testing

@Suite struct TaskFlagsTests {
  private static let sd1 = Fixture.url("pipeline/sd1").path
  private static let wide = Fixture.url("pipeline/02-sd1.png").path
  private static let mask = Fixture.url("pipeline/mask.png").path

  private func draw(_ place: Workplace, _ arguments: String...) throws -> Gen {
    try Gen(["a boat", "-m", Self.sd1, "--steps", "4", "--quiet"] + arguments, in: place.folder)
  }

  private func size(_ place: Workplace, _ file: String) throws -> [UInt8] {
    // Width and height, big-endian, at byte 16 of a PNG file.
    [UInt8](try place.data(file)[16..<24])
  }

  @Test func everyTaskDraws() throws {
    try Workplace.with { place in
      let runs = [
        try draw(place, "-i", Self.wide, "--mask", Self.mask, "-o", "inpainted.png"),
        try draw(place, "-i", Self.wide, "--strength", "0.5", "-o", "again.png"),
        try draw(place, "--hires-scale", "1.5", "--hires-steps", "3", "-o", "large.png"),
        try draw(place, "--taesd", Fixture.url("pipeline/taesd").path, "-o", "fast.png"),
        try draw(place, "--vae-tiling", "-W", "136", "-o", "tiled.png"),
        try draw(place, "--low-memory", "-b", "2", "-o", "low.png"),
      ]
      for run in runs { #expect((run.status, run.errors) == (0, "")) }
      #expect(
        try place.files == [
          "again.png", "fast.png", "inpainted.png", "large.png", "low.png", "low_2.png", "tiled.png",
        ])
      #expect(try size(place, "large.png") == [0, 0, 0, 96, 0, 0, 0, 96])
      #expect(try size(place, "tiled.png") == [0, 0, 0, 136, 0, 0, 0, 64])
    }
  }

  /// Whatever a mask is, there is a picture or one line that says what is wrong.
  @Test func masks() throws {
    try Workplace.with { place in
      // A mask of another size is resized.
      let other = try draw(place, "-i", Self.wide, "--mask", Fixture.url("pipeline/resized-41x100.png").path)
      #expect(other.status == 0, "\(other.errors)")
      for (arguments, status, word) in [
        (["--mask", Self.mask], 64, "picture"), (["-i", Self.wide, "--mask", "none.png"], 1, "none.png"),
        (["-i", Self.wide, "--mask", Fixture.url("pipeline/tasks.json").path], 1, "tasks.json"),
        (["-i", Self.wide, "--mask", Self.mask, "--strength", "0"], 64, "strength"),
        (["-i", Self.wide, "--mask", Self.mask, "--strength", "1.1"], 64, "strength"),
        (["-i", Self.wide, "--hires-scale", "2"], 64, "noise"), (["--hires-scale", "0.5"], 64, "0.5"),
        (["--hires-scale", "nan"], 64, "nan"), (["--hires-steps", "3"], 64, "--hires-scale"),
        (["--hires-scale", "8", "-W", "1024"], 64, "4096"), (["--taesd", "/nowhere"], 1, "/nowhere"),
        (["--taesd-preview-only"], 64, "--taesd"), (["--vae-tile-size", "8"], 64, "8"),
        (["--preview-path", "no/folder.png"], 1, "no"), (["--preview-path", "a.jpg"], 64, "PNG"),
        (["--preview-interval", "0"], 64, "0"), (["--refiner", "/nowhere"], 1, "/nowhere"),
      ] {
        let run = try Gen(["a", "-m", Self.sd1, "--steps", "4", "--quiet"] + arguments, in: place.folder)
        #expect(run.status == status, "\(arguments): \(run.errors)")
        #expect(run.errorLines.count == 1 && run.errors.contains(word), "\(arguments): \(run.errors)")
      }
      #expect(try place.files == ["output.png"])
    }
  }

  @Test func previewsAreWritten() throws {
    try Workplace.with { place in
      let run = try draw(place, "--preview-path", "preview.png", "--preview-interval", "2")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try place.files == ["output.png", "preview.png"])
      #expect(try size(place, "preview.png") == size(place, "output.png"))
    }
  }

  /// Latents outlive a decode that fails, and decode to the picture that would have been.
  @Test func latentsAreKept() throws {
    try Workplace.with { place in
      try ModelFolder.with("sd1") { folder in
        try folder.putNaN(into: "decoder.conv_norm_out.bias", of: "vae/diffusion_pytorch_model.safetensors")
        // The file is refused when it is loaded: with low memory after denoising.
        let run = try Gen(
          ["a boat", "-m", folder.url.path, "--steps", "4", "--quiet", "--low-memory", "-b", "2", "-s", "3"],
          in: place.folder)
        #expect(run.status == 1)
        #expect(run.errors.contains("output.latents.safetensors and 1 more"), "\(run.errors)")
        #expect(run.errors.contains("NaN"))
        #expect(try place.files == ["output.latents.safetensors", "output_2.latents.safetensors"])
      }
      let decoded = try place.gen(
        "decode", "output_2.latents.safetensors", "-m", Self.sd1, "-o", "later.png")
      #expect((decoded.status, decoded.output) == (0, "later.png\n"), "\(decoded.errors)")
      #expect(try draw(place, "-s", "4", "-o", "now.png").status == 0)
      #expect(try place.data("later.png") == place.data("now.png"))
    }
  }

  private struct Plan: Decodable {
    let peak: Int
    let seconds: Double
    let fits: Bool?
    let phases: [Phase]
    struct Phase: Decodable { let name: String }
  }

  @Test func plans() throws {
    try Workplace.with { place in
      let run = try place.gen("plan", "-m", Self.sd1, "--json")
      #expect(run.status == 0, "\(run.errors)")
      let plan = try JSONDecoder().decode(Plan.self, from: Data(run.output.utf8))
      #expect(plan.peak > 1 << 20 && plan.seconds > 0 && plan.fits != false)
      #expect(plan.phases.map(\.name) == ["read the prompt", "denoise", "decode"])
      let text = try place.gen("plan", "-m", Self.sd1, "-W", "128", "--low-memory", "a prompt")
      #expect(text.status == 0 && text.output.contains("at most"), "\(text.errors)")
      #expect(try place.gen("plan", "-m", Self.sd1, "-W", "12").status == 64)
      #expect(try place.files == [])
    }
  }
}
