/// Why a projector cannot be aligned, in one line that names the file or the option.
public enum AlignmentError: Error, Equatable, CustomStringConvertible {
  /// A wish that cannot be granted as it was put.
  case request(String)
  case captions(String)
  case teacher(String)
  case folder(String)
  /// The training left the numbers.
  case notFinite(step: Int)

  public var description: String {
    switch self {
    case .request(let what), .captions(let what), .teacher(let what), .folder(let what): what
    case .notFinite(let step):
      "the loss is no longer a number at step \(step); lower --learning-rate, and name another --output"
    }
  }
}
