import Foundation
import TestSupport
import Testing

@Suite struct StoryTests {
  private static let short = [
    "--instruction", "{prompt}", "--tokens", "40", "--steps", "2", "--image-every", "8", "--temperature", "1",
  ]

  private func story(_ place: Workplace, _ model: ModelFolder, _ arguments: [String]) throws -> Gen {
    try Gen(["story", "-m", model.url.path] + arguments, in: place.folder)
  }

  @Test func tellsAndRetells() throws {
    try ModelFolder.thatAsks { model in
      try Workplace.with { place in
        let told = try story(place, model, ["a fox", "-o", "fox", "--force-images"] + Self.short)
        #expect(told.status == 0, "\(told.errors)")
        let markdown = String(decoding: try place.data("fox/story.md"), as: UTF8.self)
        #expect(markdown.contains("](images/001.png)"))
        #expect(told.output.contains("](images/001.png)"))
        let again = try story(place, model, ["--from", "fox/manifest.jsonl", "-o", "again", "--quiet"])
        #expect(again.status == 0 && again.output == "" && again.errors == "", "\(again.errors)")
        for file in ["story.md", "story.html", "manifest.jsonl", "images/001.png"] {
          #expect(try place.data("fox/\(file)") == place.data("again/\(file)"))
        }
        let threads = try story(
          place, model, ["a fox", "-o", "threads", "-t", "1", "--quiet", "--force-images"] + Self.short)
        #expect(threads.status == 0)
        #expect(try place.data("fox/manifest.jsonl") == place.data("threads/manifest.jsonl"))
        let json = try story(place, model, ["a fox", "-o", "fox", "--json", "--force-images"] + Self.short)
        #expect(json.output.hasPrefix("{\"folder\"") && json.output.hasSuffix("}\n"))
      }
    }
  }

  @Test func wrongRequests() throws {
    try ModelFolder.thatAsks { model in
      try Workplace.with { place in
        for (arguments, word) in [
          ([], "--from"), (["a", "--from", "b"], "--from"), (["a", "--tokens", "0"], "--tokens 0"),
          (["a", "--images=-1"], "--images -1"), (["a", "--image-every=-1"], "--image-every"),
          (["a", "--temperature", "nan"], "--temperature"), (["a", "--steps", "0"], "step count 0"),
          (["a", "--sampler", "warp"], "warp"), (["a", "-W", "7"], "7"),
        ] {
          let run = try story(place, model, arguments)
          #expect(run.status == 64 && run.errorLines.count == 1 && run.errors.contains(word), "\(run.errors)")
        }
        try Data("mine".utf8).write(to: place.folder.appending(path: "thesis.txt"))
        let there = try story(place, model, ["a fox", "-o", "."] + Self.short)
        #expect(there.status == 1 && there.errors.contains("thesis.txt"))
        let file = try story(place, model, ["a fox", "-o", "thesis.txt"] + Self.short)
        #expect(file.status == 1 && file.errors.contains("thesis.txt"))
        for manifest in ["missing.jsonl", "thesis.txt"] {
          let run = try story(place, model, ["--from", manifest, "-o", "again"])
          #expect(
            run.status == 1 && run.errorLines.count == 1 && run.errors.contains(manifest), "\(run.errors)")
        }
        try Data("# a fox\n\n![x](missing.png)\n".utf8).write(to: place.folder.appending(path: "a.md"))
        for arguments in [["--document", "a.md"], ["--document", "missing.md"]] {
          let run = try story(place, model, arguments)
          #expect(run.status == 1 && run.errorLines.count == 1, "\(run.errors)")
        }
        try FileManager.default.removeItem(at: place.folder.appending(path: "a.md"))
        let mute = try Gen(["story", "a fox", "-m", Workplace.model], in: place.folder)
        #expect(mute.status == 1 && mute.errors.contains("--force-images"))
        let clip = try Gen(["story", "a", "-m", Fixture.url("pipeline/sd1").path], in: place.folder)
        #expect(clip.status == 1 && clip.errors.contains("signal"))
        #expect(try place.files == ["thesis.txt"])
      }
    }
  }

  @Test func stopsAndGoesOn() throws {
    try ModelFolder.thatAsks { model in
      try Workplace.with { place in
        func request(_ folder: String) -> [String] {
          [
            "story", "a fox", "-m", model.url.path, "-o", folder, "--instruction", "{prompt}", "--tokens",
            "30",
            "--steps", "200", "--image-every", "8", "--force-images",
          ]
        }
        let stopped = try Gen(request("fox"), in: place.folder, stop: [SIGINT])
        #expect(stopped.status == 130 && stopped.errorLines.last == "gen: stopped", "\(stopped.errors)")
        let begun = try contents(of: place.folder.appending(path: "fox/images"))
        #expect(try Gen(request("fox") + ["--quiet"], in: place.folder).status == 0)
        #expect(try Gen(request("whole") + ["--quiet"], in: place.folder).status == 0)
        #expect(try place.data("fox/manifest.jsonl") == place.data("whole/manifest.jsonl"))
        // Nothing half-written: only pictures that the whole story has too.
        let pictures = try contents(of: place.folder.appending(path: "whole/images"))
        #expect(Set(begun).isSubset(of: pictures), "\(begun)")
      }
    }
  }
}
