/// The version that pictures and `gen --version` name.
public let vokenVersion = "0.1.0"
