package dev.comptroller.decide.capacity;

import dev.comptroller.decide.fleet.Variant;
import java.util.Optional;

/// What a step should take by the figures of the GPU and the model, before anything is measured.
///
/// - A step reads the weights once, from the memory of all GPUs: the active ones always, experts as
///   far as its sequences need them: `1 - (1 - k/E)^n` of them, taken as a line in `sqrt(n)`.
/// - It computes two operations per active weight and token.
/// - It reads the cache of its sequences.
/// - It launches kernels and, with several GPUs, exchanges results in every layer.
///
/// Each of these is multiplied by a constant: how far from the data sheet software is. The
/// constants
/// are calibrated on public measurements of vLLM, SGLang and TensorRT-LLM on H100, H200, B300 and
/// GB200 (1,400 rows of the aiconfigurator project's silicon data, Apache-2.0) by
/// `e2e/bench/capacity`, minimising relative errors, each configuration with the same weight.
///
/// @param constants the multipliers
public record Physics(Constants constants) {
  /// Calibrated on all rows; what they are off by on models and systems they have not seen is
  /// published by the bench.
  public static final Physics CALIBRATED =
      new Physics(
          new Constants(
              0, 7.43e-5, 1.74e-5, 0.583, 1.138, 0.0549, 1.474e-4, 0.964, 1.018, 0.0374, 11.36,
              3.149, 0, 0.1183));

  /// Parts of each coefficient that the prior may be off by, apart and all together.
  static final double OWN_ERROR = 1.0;

  static final double COMMON_ERROR = 0.5;

  /// Waiting is hard to foresee: a first token's prior says little.
  static final double FIRST_TOKEN_ERROR = 10;

  /// Multipliers.
  ///
  /// @param step seconds of a step
  /// @param layer seconds of a layer
  /// @param exchange seconds of a layer on several GPUs
  /// @param weights times the ideal reading of active weights
  /// @param experts times the ideal reading of experts
  /// @param rootWeights times the reading of active weights, per root of sequences
  /// @param rootStep seconds per root of sequences
  /// @param operations times the ideal computing
  /// @param cache times the ideal reading of the cache
  /// @param firstFixed seconds before a first token whatever is asked
  /// @param firstStep steps that a first token waits for
  /// @param firstToken times a prompt's tokens
  /// @param firstSequence times a token of each sequence
  /// @param firstShare of the prompts of others, that a prompt waits for
  public record Constants(
      double step,
      double layer,
      double exchange,
      double weights,
      double experts,
      double rootWeights,
      double rootStep,
      double operations,
      double cache,
      double firstFixed,
      double firstStep,
      double firstToken,
      double firstSequence,
      double firstShare) {}

  /// GPUs of one kind that serve together.
  ///
  /// @param accelerator the kind
  /// @param gpus how many
  public record Hardware(Accelerator accelerator, int gpus) {
    double bytesPerSecond() {
      return (double) accelerator.bytesPerSecond() * gpus;
    }

    /// Tokens that the cache holds beside the weights, in nine tenths of the memory.
    public double kvTokens(ModelShape model) {
      double free = 0.9 * accelerator.memoryBytes() * gpus - model.weightBytes();
      return Math.max(0, free / model.kvBytesPerToken());
    }
  }

  /// The parts of a step's time by the data sheet, in seconds.
  ///
  /// @param weights to read the active weights
  /// @param experts to read the other experts with one sequence
  /// @param rootExperts more of that per root of sequences
  /// @param token to compute a token
  /// @param kvToken to read a token of the cache
  /// @param layers number of layers
  /// @param exchanging the same if there are several GPUs, else 0
  public record Parts(
      double weights,
      double experts,
      double rootExperts,
      double token,
      double kvToken,
      double layers,
      double exchanging) {
    /// The parts of `model` on `hardware`.
    public static Parts of(Hardware hardware, ModelShape model) {
      double bandwidth = hardware.bytesPerSecond();
      double active = model.activeParameters() * model.bytesPerParameter() / bandwidth;
      double rest = model.weightBytes() / bandwidth - active;
      double[] share = expertShare(model);
      double operations =
          hardware.accelerator().operationsPerSecond(model.quantization()) * hardware.gpus();
      return new Parts(
          active,
          rest * share[0],
          rest * share[1],
          2 * model.activeParameters() / operations,
          model.kvBytesPerToken() / bandwidth,
          model.layers(),
          hardware.gpus() > 1 ? model.layers() : 0);
    }

    /// `1 - (1 - k/E)^n` as a line in the root of n, over 1 to 128 sequences.
    private static double[] expertShare(ModelShape model) {
      double kept = 1 - (double) model.expertsPerToken() / model.experts();
      if (model.experts() == 1) {
        return new double[] {0, 0};
      }
      double sumX = 0;
      double sumY = 0;
      double sumXx = 0;
      double sumXy = 0;
      int points = 0;
      for (int n = 1; n <= 128; n *= 2) {
        double x = Math.sqrt(n);
        double y = 1 - Math.pow(kept, n);
        sumX += x;
        sumY += y;
        sumXx += x * x;
        sumXy += x * y;
        points++;
      }
      double slope = (points * sumXy - sumX * sumY) / (points * sumXx - sumX * sumX);
      return new double[] {Math.max(0, (sumY - slope * sumX) / points), slope};
    }
  }

  /// What a step of `model` should cost.
  public StepCost stepCost(Hardware hardware, ModelShape model) {
    Parts parts = Parts.of(hardware, model);
    return new StepCost(
        constants.step
            + constants.layer * parts.layers
            + constants.exchange * parts.exchanging
            + constants.weights * parts.weights
            + constants.experts * parts.experts,
        constants.experts * parts.rootExperts
            + constants.rootWeights * parts.weights
            + constants.rootStep,
        constants.operations * parts.token,
        constants.cache * parts.kvToken);
  }

  /// What a first token should take where steps cost `step`.
  public FirstTokenCost firstTokenCost(StepCost step) {
    return new FirstTokenCost(
        constants.firstFixed + constants.firstStep * step.fixed(),
        constants.firstToken * step.perToken(),
        constants.firstSequence * step.perToken(),
        constants.firstShare * step.perToken());
  }

  /// What to believe of steps before one was seen.
  public Belief stepBelief(Hardware hardware, ModelShape model) {
    return stepBelief(stepCost(hardware, model));
  }

  /// The same of a dense model of which only `variant` tells; absent if its size, its quantization
  /// or
  /// the GPU is not known.
  public Optional<Belief> stepBelief(Variant variant, String product) {
    Optional<Quantization> quantization = Quantization.named(variant.quantization());
    Optional<Accelerator> accelerator = Accelerator.named(product);
    return variant.parameters() <= 0 || quantization.isEmpty() || accelerator.isEmpty()
        ? Optional.empty()
        : Optional.of(
            stepBelief(
                new Hardware(accelerator.get(), variant.gpus()),
                ModelShape.dense(variant.parameters(), quantization.get())));
  }

  /// What to believe of steps that should cost `expected`.
  public static Belief stepBelief(StepCost expected) {
    double one = Math.max(expected.fixed(), 1e-4);
    double[] floor = {one, one / 20, one / 2000, one / 1e6};
    return Belief.around(expected.figures(), OWN_ERROR, COMMON_ERROR, floor);
  }

  /// What to believe where nothing is known but one measurement: half of it fixed, half for tokens.
  public static Belief stepBelief(StepSample seen) {
    double half = seen.seconds() / 2;
    double kv = Math.max(seen.kvTokens(), 1);
    return stepBelief(
        new StepCost(
            half,
            half / 10 / Math.max(seen.rootSequences(), 1),
            half / seen.tokens(),
            half / 10 / kv));
  }

  /// What to believe of first tokens that should take `expected`.
  public static Belief firstTokenBelief(FirstTokenCost expected) {
    double token = Math.max(expected.perToken(), 1e-7);
    double[] floor = {100 * token, token, 10 * token, token / 100};
    double[] mean = {
      expected.fixed(), expected.perToken(), expected.perSequence(), expected.perTokenSequence()
    };
    return Belief.around(mean, FIRST_TOKEN_ERROR, FIRST_TOKEN_ERROR, floor);
  }
}
