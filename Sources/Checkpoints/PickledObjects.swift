/// The functions and classes that checkpoints of training frameworks name in their pickles beside tensors. Objects of
/// these are passed over; a pickle that calls anything else is not a checkpoint to trust.
enum PickledObjects {
  static func isHarmless(_ name: String) -> Bool {
    functions.contains(name) || name.hasPrefix("torch._utils._rebuild_")
      || packages.contains { name.hasPrefix($0) } && isClass(name)
  }

  private static let functions: Set<String> = [
    "_codecs.encode", "argparse.Namespace", "builtins.bytearray", "builtins.complex", "builtins.dict",
    "builtins.frozenset", "builtins.list", "builtins.object", "builtins.range", "builtins.set",
    "builtins.slice",
    "builtins.tuple", "__builtin__.object", "__builtin__.set", "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict", "copy_reg._reconstructor", "copyreg._reconstructor", "datetime.date",
    "datetime.datetime", "datetime.timedelta", "decimal.Decimal", "fractions.Fraction", "numpy.dtype",
    "numpy.ndarray", "numpy.core.multiarray._reconstruct", "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct", "numpy._core.multiarray.scalar", "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePosixPath", "pathlib.WindowsPath", "torch.Size", "torch.Tensor", "torch.device",
    "torch.nn.parameter.Parameter", "torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2",
  ]

  /// Training scripts and frameworks, whose classes hold settings and counters.
  private static let packages = [
    "__main__.", "pytorch_lightning.", "lightning.", "lightning_fabric.", "omegaconf.", "transformers.",
    "diffusers.", "accelerate.",
  ]

  /// By convention the names of classes begin with a capital letter.
  private static func isClass(_ name: String) -> Bool {
    name.split(separator: ".").last?.first?.isUppercase == true
  }
}
