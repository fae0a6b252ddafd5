import Foundation

extension SchedulerConfiguration: Decodable {
  /// Reads a `scheduler_config.json`. A setting that diffusers' schedulers do not have is an error, unless its value is
  /// null or false.
  public init(data: Data) throws(SamplerError) {
    do {
      let decoder = JSONDecoder()
      // Python writes infinities as JSON5 does.
      decoder.allowsJSON5 = true
      self = try decoder.decode(SchedulerConfiguration.self, from: data)
    } catch let error as SamplerError {
      throw error
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      let name = context.codingPath.first?.stringValue ?? "the file"
      throw .malformedConfiguration("\(name): \(context.debugDescription)")
    } catch {
      throw .malformedConfiguration("not a JSON object")
    }
  }

  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: Key.self)
    func value<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T? {
      try values.decodeIfPresent(type, forKey: Key(stringValue: name))
    }
    className = try value("_class_name")
    trainedTimesteps = try value("num_train_timesteps") ?? trainedTimesteps
    betaStart = try value("beta_start")
    betaEnd = try value("beta_end")
    betaSchedule = try value("beta_schedule")
    trainedBetas = try value("trained_betas")
    predictionType = try value("prediction_type", as: String.self).map { name in
      guard let type = PredictionType(rawValue: name) else {
        throw SamplerError.unsupportedSetting("prediction_type", value: name)
      }
      return type
    }
    timestepSpacing = try value("timestep_spacing", as: String.self).map { name in
      guard let spacing = TimestepSpacing(rawValue: name) else {
        throw SamplerError.unsupportedSetting("timestep_spacing", value: name)
      }
      return spacing
    }
    stepsOffset = try value("steps_offset") ?? stepsOffset
    setAlphaToOne = try value("set_alpha_to_one")
    rescalesToZeroTerminalSNR = try value("rescale_betas_zero_snr") ?? rescalesToZeroTerminalSNR
    clipSample = try value("clip_sample")
    clipSampleRange = try value("clip_sample_range") ?? clipSampleRange
    thresholding = try value("thresholding") ?? thresholding
    dynamicThresholdingRatio = try value("dynamic_thresholding_ratio") ?? dynamicThresholdingRatio
    sampleMaxValue = try value("sample_max_value") ?? sampleMaxValue

    guard clipSampleRange >= 0 else { throw SamplerError.malformedConfiguration("clip_sample_range < 0") }
    guard (0...1).contains(dynamicThresholdingRatio), sampleMaxValue > 0 else {
      throw SamplerError.malformedConfiguration("dynamic_thresholding_ratio or sample_max_value out of range")
    }
    for key in values.allKeys where !Self.named.contains(key.stringValue) {
      let value = try values.decode(JSONText.self, forKey: key).text
      if Self.otherSamplers.contains(key.stringValue) {
        others[key.stringValue] = value
      } else if !key.stringValue.hasPrefix("_"), value != nil, value != "false" {
        throw SamplerError.unknownSetting(key.stringValue)
      }
    }
  }

  private static let named: Set<String> = [
    "_class_name", "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
    "prediction_type", "timestep_spacing", "steps_offset", "set_alpha_to_one", "rescale_betas_zero_snr",
    "clip_sample", "clip_sample_range", "thresholding", "dynamic_thresholding_ratio", "sample_max_value",
  ]

  /// What diffusers' other schedulers are configured with: a file made for one of them may be used with any sampler.
  private static let otherSamplers: Set<String> = [
    "algorithm_type", "clip_denoised", "corrector_order", "disable_corrector", "euler_at_final",
    "final_sigmas_type", "flow_shift", "interpolation_type", "lambda_min_clipped", "lower_order_final",
    "noise_sampler_seed", "original_inference_steps", "predict_x0", "predictor_order", "sigma_max",
    "sigma_min",
    "shift_terminal", "skip_prk_steps", "solver_order", "solver_p", "solver_type", "tau_func",
    "time_shift_type", "timestep_scaling", "timestep_type", "use_beta_sigmas", "use_dynamic_shifting",
    "use_exponential_sigmas", "use_flow_sigmas", "use_karras_sigmas", "use_lu_lambdas", "variance_type",
  ]

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Any JSON value as text; nil for null.
  private struct JSONText: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        text = nil
      } else if let value = try? container.decode(Bool.self) {
        text = value ? "true" : "false"
      } else if let value = try? container.decode(Double.self) {
        text = value == value.rounded() ? String(format: "%.0f", value) : "\(value)"
      } else if let value = try? container.decode(String.self) {
        text = value
      } else if let values = try? container.decode([JSONText].self) {
        text = "[" + values.map { $0.text ?? "null" }.joined(separator: ", ") + "]"
      } else {
        text = "{…}"
      }
    }
  }
}
