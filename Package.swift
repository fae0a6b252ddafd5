// swift-tools-version: 6.1
import PackageDescription

/// A target, its tests and the targets right below it: reading this list top to bottom is reading the architecture.
let package = Package(
  name: "voken",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "gen", targets: ["gen"]),
    .library(name: "Tensors", targets: ["Tensors"]),
    .library(name: "Checkpoints", targets: ["Checkpoints"]),
    .library(name: "Tokenizers", targets: ["Tokenizers"]),
    .library(name: "Layers", targets: ["Layers"]),
    .library(name: "LanguageModels", targets: ["LanguageModels"]),
    .library(name: "Projectors", targets: ["Projectors"]),
    .library(name: "TextEncoders", targets: ["TextEncoders"]),
    .library(name: "ImageEncoders", targets: ["ImageEncoders"]),
    .library(name: "DiffusionModels", targets: ["DiffusionModels"]),
    .library(name: "Samplers", targets: ["Samplers"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Generation", targets: ["Generation"]),
    .library(name: "Alignment", targets: ["Alignment"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CBLAS", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .target(name: "CKernels"),
    .target(name: "Tensors", dependencies: ["CBLAS", "CKernels"]),
    .target(name: "Checkpoints", dependencies: ["Tensors"]),
    .target(
      name: "Tokenizers",
      dependencies: [.product(name: "HeapModule", package: "swift-collections")]),
    .target(name: "Layers", dependencies: ["Tensors", "Checkpoints"]),
    .target(name: "LanguageModels", dependencies: ["Layers", "Tokenizers"]),
    .target(name: "Projectors", dependencies: ["Layers"]),
    .target(name: "TextEncoders", dependencies: ["Layers", "Tokenizers"]),
    .target(name: "ImageEncoders", dependencies: ["Layers"]),
    .target(name: "DiffusionModels", dependencies: ["Layers"]),
    .target(name: "Training", dependencies: ["LanguageModels", "Projectors"]),
    .target(
      name: "Samplers", dependencies: ["Tensors"], path: "samplers", exclude: ["README.md", "benchmark"]),
    .target(
      name: "Generation",
      dependencies: [
        "LanguageModels", "Projectors", "TextEncoders", "ImageEncoders", "DiffusionModels", "Samplers",
        "CPNG",
      ]),
    .target(name: "Alignment", dependencies: ["Generation", "Training"]),
    .executableTarget(
      name: "gen",
      dependencies: [
        "Generation", "Alignment", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .target(name: "TestSupport", dependencies: ["Checkpoints"], path: "Tests/TestSupport"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "TestSupport"]),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers", "TestSupport"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "TestSupport"]),
    .testTarget(name: "LanguageModelsTests", dependencies: ["LanguageModels", "TestSupport"]),
    .testTarget(name: "ProjectorsTests", dependencies: ["Projectors", "TestSupport"]),
    .testTarget(name: "ImageEncodersTests", dependencies: ["ImageEncoders", "TestSupport"]),
    .testTarget(name: "TextEncodersTests", dependencies: ["TextEncoders", "TestSupport"]),
    .testTarget(name: "DiffusionModelsTests", dependencies: ["DiffusionModels", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(name: "SamplersTests", dependencies: ["Samplers", "TestSupport"]),
    .testTarget(name: "GenerationTests", dependencies: ["Generation", "TestSupport"]),
    .testTarget(name: "AlignmentTests", dependencies: ["Alignment", "TestSupport"]),
    .testTarget(name: "genTests", dependencies: ["gen", "TestSupport"]),
  ]
)
