import ArgumentParser
import Generation
import Samplers

extension ScheduleName: ExpressibleByArgument {
  public init?(argument: String) { self.init(named: argument) }
}

/// Where the steps lie, beside the name of a schedule.
struct LevelOptions: ParsableArguments {
  @Option(help: "The bend of the karras (7) and polyexponential (1) schedules.")
  var rho: Double?

  @Option(help: "The noise levels themselves, descending, the last being where the run ends: 14.6,…,0.03,0.")
  var sigmas: NumberList<Double>?

  @Option(help: "The timesteps themselves, descending: 999,850,…,24.")
  var timesteps: NumberList<Int>?

  @Flag(name: .customLong("zero-terminal-snr"), help: "Rescale the noise schedule to end in pure noise.")
  var zeroTerminalSNR = false

  var choices: LevelChoices {
    var choices = LevelChoices()
    choices.rho = rho
    choices.sigmas = sigmas?.values
    choices.timesteps = timesteps?.values
    choices.zeroTerminalSNR = zeroTerminalSNR
    return choices
  }
}

/// Numbers between commas.
struct NumberList<Number: LosslessStringConvertible & Sendable>: ExpressibleByArgument {
  let values: [Number]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { Number($0.filter { $0 != " " }) }
    guard values.count == parts.count else { return nil }
  }
}
