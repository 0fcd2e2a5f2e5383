package dev.comptroller.e2e.simulator.world;

/// How fast a replica computes: an iteration takes `a + b * tokens + c * KV`.
///
/// `tokens` are those computed in the iteration (a prefill's and one of each decoding sequence),
/// `KV` the cached tokens that its sequences read. In a steady state with `n` sequences, where
/// requests of `input` and `output` tokens come at rate r, Little's law gives `n = r * output * t`
/// and the iteration time `t = a + (b + c * K) * n + b * r * input * t` with the mean context
/// `K = input + output / 2`. Everything here follows from these two lines.
///
/// @param a seconds of an iteration without work
/// @param b seconds for each token computed
/// @param c seconds for each cached token read
/// @param maxSequences sequences computed at once, at most
public record Speed(double a, double b, double c, int maxSequences) {
  private static final double SHARE_A = 0.45;
  private static final double SHARE_C = 0.20;

  /// Tokens of a request, on average.
  ///
  /// @param input tokens in
  /// @param output tokens out
  public record Mix(double input, double output) {
    /// Both.
    public double total() {
      return input + output;
    }

    double context() {
      return input + output / 2;
    }
  }

  /// The model of a replica that computes `tokensPerSecond` of this mix with all its sequences.
  ///
  /// Of a full iteration 45 % do not depend on the work (weights are read), 20 % are reads of the
  /// cache and the rest is computing: round figures between a large batch on a large GPU, where
  /// weights dominate, and a small one.
  public static Speed calibrated(double tokensPerSecond, int maxSequences, Mix mix) {
    double requests = tokensPerSecond / mix.total();
    double time = maxSequences / (requests * mix.output());
    double tokens = maxSequences + requests * mix.input() * time;
    double a = SHARE_A * time;
    double c = SHARE_C * time / (maxSequences * mix.context());
    double b = (1 - SHARE_A - SHARE_C) * time / tokens;
    return new Speed(a, b, c, maxSequences);
  }

  /// Requests a second of this mix with all sequences in use.
  public double requests(Mix mix) {
    double work = mix.output() * (a + (b + c * mix.context()) * maxSequences);
    return maxSequences / (work + maxSequences * b * mix.input());
  }

  /// Seconds of an iteration at this rate of requests: the time between two tokens of a stream.
  public double iteration(double requests, Mix mix) {
    double load = requests * (b * mix.total() + c * mix.context() * mix.output());
    double full = a + (b + c * mix.context()) * maxSequences;
    return load >= 1 ? full : Math.min(full, a / (1 - load));
  }

  /// Seconds to the first token at this rate, where no slot has to be waited for.
  public double firstToken(double requests, Mix mix) {
    return iteration(requests, mix) + b * mix.input();
  }
}
