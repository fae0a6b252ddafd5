import Foundation

/// What the system says of memory, in bytes; nil where it says nothing.
public enum SystemMemory {
  /// The most that this process ever held in memory. Not `getrusage`: on Linux its figure begins with the parent's.
  public static var peakResident: Int? { field("VmHWM", of: "/proc/self/status") }

  /// What this process holds in memory now.
  static var resident: Int? { field("VmRSS", of: "/proc/self/status") }

  /// Lets `peakResident` begin anew, where the system can.
  static func resetPeak() {
    try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
  }

  /// What this process can still have without anything being swapped out or killed: the machine's free and reclaimable
  /// memory, or less where a control group allows less.
  public static var available: Int? {
    let machine = field("MemAvailable", of: "/proc/meminfo")
    return ([machine] + controlGroups.map(remaining)).compactMap(\.self).min()
  }

  /// A line `Name:  123 kB`.
  private static func field(_ name: String, of path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }
    return nil
  }

  /// The folders of this process's control group and those above it: version 2, then version 1.
  private static var controlGroups: [(limit: String, usage: String)] {
    guard let text = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else { return [] }
    var groups: [(String, String)] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory") else {
        continue
      }
      let (root, limit, usage) =
        parts[1].isEmpty
        ? ("/sys/fs/cgroup", "memory.max", "memory.current")
        : ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
      var path = String(parts[2])
      while true {
        groups.append(("\(root)\(path)/\(limit)", "\(root)\(path)/\(usage)"))
        guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
        path = String(path[..<slash])
      }
    }
    return groups
  }

  private static func remaining(_ group: (limit: String, usage: String)) -> Int? {
    func number(_ path: String) -> Int? {
      (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    guard let limit = number(group.limit), let usage = number(group.usage) else { return nil }
    return max(0, limit - usage)
  }
}
