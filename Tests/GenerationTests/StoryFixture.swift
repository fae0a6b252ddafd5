import Foundation

@testable import Generation

/// What the tiny model of `ModelFolder.thatAsks` is asked.
enum StoryFixture {
  static var request: StoryRequest {
    var request = StoryRequest(prompt: "a fox")
    request.instruction = "{prompt}"
    request.tokenLimit = 60
    request.temperature = 1.5
    request.topK = 0
    request.stepCount = 2
    request.pictures.most = 3
    request.pictures.spacing = 8
    return request
  }

  /// All files below a folder with their contents.
  static func files(of folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      var isDirectory: ObjCBool = false
      let file = folder.appending(path: path)
      _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory)
      if !isDirectory.boolValue { files[path] = try Data(contentsOf: file) }
    }
    return files
  }
}
