import Foundation
import Layers
import Testing

@Suite struct ConfigurationFileTests {
  struct Settings: Decodable {
    let width: Int
    let depth: Int?

    enum CodingKeys: String, CodingKey, CaseIterable { case width, depth }

    init(from decoder: any Decoder) throws {
      try decoder.refuseKeys(otherThan: Set(CodingKeys.allCases.map(\.rawValue)))
      let values = try decoder.container(keyedBy: CodingKeys.self)
      width = try values.integer(forKey: .width)
      depth = try values.integerIfPresent(forKey: .depth)
    }
  }

  func read(_ json: String) throws(ConfigurationError) -> Settings {
    let file = FileManager.default.temporaryDirectory.appending(path: "voken-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(FileManager.default.createFile(atPath: file.path, contents: Data(json.utf8)))
    return try readConfiguration(Settings.self, at: file)
  }

  @Test func readsWhatIsKnown() throws {
    let settings = try read(#"{"_class_name": "X", "width": 3.0, "depth": null, "unknown": null}"#)
    #expect(settings.width == 3 && settings.depth == nil)
    #expect(try read(#"{"width": 3, "depth": 4}"#).depth == 4)
  }

  @Test(arguments: [
    (#"{"width": 3, "colour": 1}"#, "the setting colour is unknown"), (#"{"depth": 1}"#, "width is missing"),
    (#"{"width": 1.5}"#, "width must be an integer"), (#"{"width": "3"}"#, "width must be an integer"),
    (#"{"width": 1e300}"#, "width must be an integer"),
    (#"{"width": 3, "depth": true}"#, "depth must be an integer"),
    ("[1]", "is not a JSON object"), ("{", "is not a JSON object"), ("", "is not a JSON object"),
  ]) func saysWhatIsWrong(_ json: String, _ fault: String) {
    let error = #expect(throws: ConfigurationError.self) { try read(json) }
    #expect(error?.fault == fault)
    #expect(error?.file.hasSuffix(".json") == true)
  }

  @Test func missingFile() {
    let file = URL(filePath: "/nonexistent/config.json")
    #expect(throws: ConfigurationError("cannot be read", file: file.path)) {
      try readConfiguration(Settings.self, at: file)
    }
  }
}
