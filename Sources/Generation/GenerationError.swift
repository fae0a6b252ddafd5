/// What can be wrong with a request for a picture, in one line that says what to do.
public enum GenerationError: Error, Equatable, CustomStringConvertible {
  case notAModel(String)
  case wrongLanguageModel(String, width: Int, expected: Int)
  case noSpaceToken
  case noImageEncoder(String)
  case wrongSize(width: Int, height: Int, multiple: Int, maximum: Int)
  case wrongPictureSize(width: Int, height: Int, expectedWidth: Int, expectedHeight: Int)
  case wrongGuidance(Float)
  case wrongClipSkip(Int, layers: Int)
  case wrongScale(Double)
  case wrongStepSaving(String)
  /// What a task needs beside what was given, or cannot have.
  case incompleteTask(String)
  case incompatible(String)
  case notFinite(String)

  public var description: String {
    switch self {
    case .notAModel(let path):
      "\(path): neither a model folder (there is no model_index.json) nor a file; name one by --model"
    case .wrongLanguageModel(let path, let width, let expected):
      "\(path): the language model's states are \(width) wide, but the projector expects \(expected)"
    case .noSpaceToken:
      "the language model's tokenizer has no token for a single space, which the projector needs"
    case .noImageEncoder(let model):
      "the prompt holds pictures, but \(model) has no image encoder (image_encoder/ and input_projector/)"
    case .wrongSize(let width, let height, let multiple, let maximum):
      "size \(width)x\(height): width and height must be multiples of \(multiple) from \(multiple) to \(maximum)"
    case .wrongPictureSize(let width, let height, let expectedWidth, let expectedHeight):
      "the picture to start from is \(width)x\(height) and not \(expectedWidth)x\(expectedHeight); resize it, or "
        + "leave width and height out"
    case .wrongClipSkip(let skipped, let layers):
      "--clip-skip: \(skipped) layers cannot be left out of a text encoder that has \(layers)"
    case .wrongGuidance(let scale): "guidance scale \(scale) is not a finite number"
    case .wrongScale(let scale): "a hires fix by \(scale) is outside \(HiresFix.scales)"
    case .wrongStepSaving(let reason), .incompleteTask(let reason), .incompatible(let reason): reason
    case .notFinite(let part):
      "\(part) gave NaN or infinity; the model's files are damaged or do not fit together"
    }
  }
}
