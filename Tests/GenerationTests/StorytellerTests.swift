import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct StorytellerTests {
  private struct Stopped: Error {}

  /// Tells the fixture's story; → what was reported.
  @discardableResult
  private func tell(
    _ teller: Storyteller, _ request: StoryRequest = StoryFixture.request, to folder: URL,
    stopAt stop: Int? = nil
  ) throws -> [StoryEvent] {
    var events: [StoryEvent] = []
    try teller.tell(request, to: folder) {
      if events.count == stop { throw Stopped() }
      events.append($0)
    }
    return events
  }

  private func images(_ events: [StoryEvent]) -> [(image: StoryImage, wasThere: Bool)] {
    events.compactMap { if case .picture(let image, let wasThere) = $0 { (image, wasThere) } else { nil } }
  }

  @Test func theModelAsksForPictures() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let folder = place.appending(path: "fox")
        let teller = try Storyteller(model: model.url)
        let events = try tell(teller, to: folder)
        let drawn = images(events).map(\.image)
        #expect(drawn.count == 3)
        #expect(drawn.allSatisfy { !$0.isForced && $0.width == 64 })
        #expect(drawn.map(\.seed) == [42, 43, 44])
        for (a, b) in zip(drawn, drawn.dropFirst()) { #expect(b.position - a.position >= 8) }
        let files = try StoryFixture.files(of: folder)
        #expect(
          files.keys.sorted()
            == [
              "images/001.png", "images/002.png", "images/003.png", "manifest.jsonl", "story.html",
              "story.md",
            ])
        // The manifest says what the terminal showed.
        let story = try StoryManifest(contentsOf: folder.appending(path: "manifest.jsonl"))
        let told = events.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
        let written = story.items.compactMap { if case .text(let text, _) = $0 { text } else { nil } }
          .joined()
        #expect(told == written && !told.isEmpty)
        #expect(story.end == "length limit")
        let parameters =
          try PNGFile.text(of: folder.appending(path: "images/002.png")).text["parameters"] ?? ""
        #expect(GenerationParameters(text: parameters)["Seed"] == "43")
      }
    }
  }

  /// A picture is conditioned on the whole text before it: another beginning gives another picture, though the words
  /// right before it, the seed and the place are the same.
  @Test func aPictureDependsOnAllTheTextBefore() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let teller = try Storyteller(model: model.url)
        var request = StoryFixture.request
        request.pictures.forces = true
        request.pictures.most = 1
        request.pictures.spacing = 1000
        request.tokenLimit = 1
        var pictures: [Data] = []
        for (index, prompt) in ["a fox", "a fax"].enumerated() {
          request.prompt = prompt
          let folder = place.appending(path: "\(index)")
          request.temperature = 0
          _ = try tell(teller, request, to: folder)
          pictures.append(try Data(contentsOf: folder.appending(path: "images/001.png")))
        }
        #expect(pictures[0] != pictures[1])
      }
    }
  }

  /// Stopped at any moment, the same call goes on, draws nothing twice, and ends with the same files.
  @Test func aStoppedStoryGoesOn() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let teller = try Storyteller(model: model.url)
        let whole = place.appending(path: "whole")
        let count = try tell(teller, to: whole).count
        let expected = try StoryFixture.files(of: whole)
        for stop in stride(from: 0, to: count, by: 5) {
          let folder = place.appending(path: "\(stop)")
          #expect(throws: Stopped.self) { try tell(teller, to: folder, stopAt: stop) }
          let before = try StoryManifest(contentsOf: folder.appending(path: "manifest.jsonl"))
          let had = before.items.filter { if case .image = $0 { true } else { false } }.count
          let drawn = images(try tell(teller, to: folder))
          #expect(drawn.map(\.wasThere) == (0..<3).map { $0 < had }, "stopped at \(stop)")
          #expect(try StoryFixture.files(of: folder) == expected, "stopped at \(stop)")
        }
      }
    }
  }

  @Test func aFinishedStoryIsLeftAsItIs() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let folder = place.appending(path: "fox")
        let teller = try Storyteller(model: model.url)
        try tell(teller, to: folder)
        let files = try StoryFixture.files(of: folder)
        #expect(images(try tell(teller, to: folder)).allSatisfy(\.wasThere))
        #expect(try StoryFixture.files(of: folder) == files)
        // A lost picture and a damaged one are drawn again.
        try FileManager.default.removeItem(at: folder.appending(path: "images/001.png"))
        try Data("x".utf8).write(to: folder.appending(path: "images/003.png"))
        #expect(images(try tell(teller, to: folder)).map(\.wasThere) == [false, true, false])
        #expect(try StoryFixture.files(of: folder) == files)
      }
    }
  }

  @Test func aManifestMakesTheSameFilesAgain() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let (first, second) = (place.appending(path: "1"), place.appending(path: "2"))
        let teller = try Storyteller(model: model.url)
        try tell(teller, to: first)
        var differing = 0
        try teller.retell(first.appending(path: "manifest.jsonl"), to: second) {
          if case .differs = $0 { differing += 1 }
        }
        #expect(differing == 0)
        #expect(try StoryFixture.files(of: first) == StoryFixture.files(of: second))
      }
    }
  }

  @Test func otherFoldersAreNotTouched() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let teller = try Storyteller(model: model.url)
        let folder = place.appending(path: "fox")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: folder.appending(path: "thesis.txt"))
        #expect(throws: StoryError.holdsSomethingElse(folder.path, found: "thesis.txt")) {
          try tell(teller, to: folder)
        }
        #expect(try StoryFixture.files(of: folder) == ["thesis.txt": Data("mine".utf8)])
        let other = place.appending(path: "other")
        try tell(teller, to: other)
        let files = try StoryFixture.files(of: other)
        var request = StoryFixture.request
        request.prompt = "a crow"
        #expect(throws: StoryError.anotherStory(other.path, difference: "prompt")) {
          try tell(teller, request, to: other)
        }
        request = StoryFixture.request
        request.seed = 1
        #expect(throws: StoryError.anotherStory(other.path, difference: "seed")) {
          try tell(teller, request, to: other)
        }
        request = StoryFixture.request
        request.temperature = 1
        #expect(throws: StoryError.anotherStory(other.path, difference: "setting")) {
          try tell(teller, request, to: other)
        }
        #expect(try StoryFixture.files(of: other) == files)
      }
    }
  }

  @Test func anotherModelIsNoticed() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        let folder = place.appending(path: "fox")
        try tell(try Storyteller(model: model.url), to: folder)
        try model.change("model_index.json", ["guidance_scale": 3])
        let other = try Storyteller(model: model.url)
        #expect(throws: StoryError.anotherModel(folder.path, model: "signal")) { try tell(other, to: folder) }
        let manifest = folder.appending(path: "manifest.jsonl")
        #expect(throws: StoryError.anotherModel(manifest.path, model: "signal")) {
          try other.retell(manifest, to: place.appending(path: "again")) { _ in }
        }
        #expect(try contents(of: place) == ["fox"])
      }
    }
  }

  @Test func modelsThatCannotAsk() throws {
    #expect(throws: StoryError.needsSignals(Fixture.url("pipeline/sd1").path)) {
      try Storyteller(model: Fixture.url("pipeline/sd1"))
    }
    try ModelFolder.with("signal") { folder in
      try withTemporaryFolder { place in
        let teller = try Storyteller(model: folder.url)
        #expect(throws: StoryError.self) { try teller.check(StoryFixture.request) }
        var forced = StoryFixture.request
        forced.pictures.forces = true
        let drawn = images(try tell(teller, forced, to: place.appending(path: "fox")))
        #expect(!drawn.isEmpty && drawn.allSatisfy(\.image.isForced))
      }
    }
  }

  /// A document of text alone is the prompt; one with pictures goes through the image encoder.
  @Test func storiesBeginFromDocuments() throws {
    try ModelFolder.thatAsks { model in
      try withTemporaryFolder { place in
        var teller = try Storyteller(model: model.url)
        try tell(teller, to: place.appending(path: "prompt"))
        var request = StoryFixture.request
        let text = InterleavedPrompt(text: request.prompt)
        #expect(throws: StoryError.anotherDocument) {
          teller.document = text
          try teller.check(request)
        }
        request.documentHash = text.sha256
        try tell(teller, request, to: place.appending(path: "document"))
        func page(_ name: String) throws -> Data {
          try Data(contentsOf: place.appending(path: "\(name)/story.md"))
        }
        #expect(try page("document") == page("prompt"))

        let pictures = ["picture-0", "document"].map { Fixture.url("images/\($0).png") }
        func illustrated(_ picture: URL) throws -> InterleavedPrompt {
          InterleavedPrompt([.text("a fox "), .picture(try PNGFile.read(picture)), .text(" here")])
        }
        teller.document = try illustrated(pictures[0])
        request.documentHash = teller.document?.sha256
        request.instruction = "{prompt}!"
        // Without an image encoder this is an error that says so.
        #expect(throws: (any Error).self) { try teller.check(request) }
        #expect(try contents(of: place) == ["document", "prompt"])

        for (part, fixture) in [("image_encoder", "image_encoder"), ("input_projector", "linear")] {
          try FileManager.default.copyItem(
            at: Fixture.url("images/\(fixture)"), to: model.url.appending(path: part))
        }
        request.temperature = 0
        request.tokenLimit = 1
        request.pictures.forces = true
        request.pictures.spacing = 1000
        // Another picture in the document, another picture drawn after it; the same one, the same files.
        var drawn: [Data] = []
        for (index, picture) in [0, 1, 0].enumerated() {
          var reader = try Storyteller(model: model.url)
          reader.document = try illustrated(pictures[picture])
          request.documentHash = reader.document?.sha256
          let folder = place.appending(path: "\(index)")
          try tell(reader, request, to: folder)
          drawn.append(try Data(contentsOf: folder.appending(path: "images/001.png")))
        }
        #expect(drawn[0] != drawn[1] && drawn[0] == drawn[2])
      }
    }
  }
}
