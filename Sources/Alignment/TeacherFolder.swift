import Foundation
import Generation
import Layers

/// A model folder to be driven by another language model.
struct TeacherFolder {
  let url: URL
  /// `model_index.json` as it is.
  let index: [String: Setting]
  let isSignalTokenModel: Bool

  init(_ url: URL) throws {
    self.url = url
    let file = url.appending(path: "model_index.json")
    guard FileManager.default.fileExists(atPath: file.path) else { throw GenerationError.notAModel(url.path) }
    index = try readConfiguration([String: Setting].self, at: file)
    switch index["_class_name"] {
    case .string("SignalTokenPipeline"): isSignalTokenModel = true
    case .string("StableDiffusionPipeline"): isSignalTokenModel = false
    case .string("StableDiffusionXLPipeline"):
      throw AlignmentError.teacher(
        "\(url.path): Stable Diffusion XL also wants a pooled text embedding, which no projector gives; "
          + "a teacher is a Stable Diffusion 1 or 2 or signal-token folder")
    default:
      throw AlignmentError.teacher(
        "\(file.path): _class_name is not SignalTokenPipeline or StableDiffusionPipeline")
    }
  }

  func teacher(quiet: Bool) throws -> any Teacher {
    isSignalTokenModel ? try SignalTokenTeacher(folder: url, quiet: quiet) : try CLIPTeacher(folder: url)
  }
}
