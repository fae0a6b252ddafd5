/// Where the levels of a run lie, by the names that `--schedule` accepts.
public enum ScheduleName: String, CaseIterable, Codable, Sendable {
  case leading, trailing, linspace

  /// The spacing in timesteps that the schedule starts from.
  var spacing: TimestepSpacing {
    switch self {
    case .leading: .leading
    case .trailing: .trailing
    case .linspace: .linspace
    }
  }
}
