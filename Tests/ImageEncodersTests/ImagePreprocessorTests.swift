import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@testable import ImageEncoders

@Suite struct ImagePreprocessorTests {
  private struct Cases: Decodable {
    struct Case: Decodable {
      let picture: Int
      let name: String
    }
    let settings: [String: String]
    let cases: [Case]
  }

  @Test func preprocessesAsTransformersWithPillow() throws {
    let file: Cases = try Fixture.json("images/preprocessed.json")
    let expected = try Fixture.tensors("images/preprocessed.safetensors")
    let preprocessors = try file.settings.mapValues(Self.preprocessor)
    #expect(file.cases.count == 20)
    for item in file.cases {
      let pixels = try #require(expected["\(item.picture).pixels"])
      let values = pixels.floats.map { UInt8($0) }
      let preprocessor = try #require(preprocessors[item.name])
      let result = try preprocessor(values, width: pixels.shape[1], height: pixels.shape[0])
      let target = try #require(expected["\(item.picture).\(item.name)"])
      #expect(Array(result.shape.dropFirst()) == target.shape)
      expectClose(result.reshaped(target.shape), target, 1e-6, "\(item)")
    }
  }

  private static func preprocessor(_ json: String) throws -> ImagePreprocessor {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "preprocessor_config.json")
      try Data(json.utf8).write(to: file)
      return try ImagePreprocessor(contentsOf: file)
    }
  }

  @Test func olderSizesAreNumbers() throws {
    let preprocessor = try Self.preprocessor(
      #"{"size": 32, "crop_size": 30, "do_rescale": false, "do_normalize": false}"#)
    let tensor = try preprocessor([UInt8](repeating: 9, count: 300), width: 10, height: 10)
    #expect(tensor.shape == [1, 30, 30, 3] && tensor.floats.allSatisfy { $0 == 9 })
  }

  @Test(arguments: [
    #"{"size": 0}"#, #"{"size": 1e9}"#, #"{"size": {}}"#, #"{"size": "big"}"#, #"{"resample": 1}"#,
    #"{"image_std": [0, 1, 1]}"#,
    #"{"image_mean": [1, 2]}"#, #"{"do_resize": 1}"#, #"{"crop_size": {"height": 2}}"#, "[]", "{",
  ])
  func impossibleSettings(_ json: String) {
    #expect(throws: ConfigurationError.self) { try Self.preprocessor(json) }
  }

  @Test func impossiblePictures() throws {
    let preprocessor = ImagePreprocessor()
    #expect(throws: ImageEncoderError.wrongPixels) { try preprocessor([1, 2], width: 1, height: 1) }
    #expect(throws: ImageEncoderError.wrongPixels) { try preprocessor([], width: 0, height: 0) }
    #expect(throws: ImageEncoderError.self) {
      try preprocessor([UInt8](repeating: 0, count: 3000), width: 1000, height: 1)
    }
  }
}
