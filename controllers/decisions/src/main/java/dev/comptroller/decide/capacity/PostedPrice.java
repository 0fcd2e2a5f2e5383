package dev.comptroller.decide.capacity;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The quoted price of a variant's tokens by class, versioned.
///
/// @param version rises with every change; pinned when a request is reserved
/// @param source where the price comes from
/// @param input a million input tokens
/// @param cachedInput a million input tokens that were cached
/// @param output a million output tokens
public record PostedPrice(long version, Source source, Cpm input, Cpm cachedInput, Cpm output) {
  /// Where a price comes from.
  public enum Source {
    /// The owner set it.
    Declared,
    /// Computed from cost and throughput.
    Derived
  }

  /// A price, or why there is none.
  public sealed interface Result {
    /// The price.
    record Known(PostedPrice price) implements Result {}

    /// There is none.
    ///
    /// @param reason CamelCase
    /// @param message what is missing and which field to set
    record Unknown(String reason, String message) implements Result {}

    /// The price, if there is one.
    default Optional<PostedPrice> posted() {
      return switch (this) {
        case Known(var price) -> Optional.of(price);
        case Unknown(_, _) -> Optional.empty();
      };
    }
  }

  /// The price of `variant`: declared, else derived.
  ///
  /// A derived price is the full cost of a replica's hour over `throughput * targetUtilization`,
  /// split over the token classes by `mix`. The version is the previous price's, one higher if any
  /// figure or the source changed, 1 if there was none.
  ///
  /// @param perReplica full cost of a replica an hour; absent if its pool has no price
  public static Result of(
      Variant variant,
      @Nullable HourlyRate perReplica,
      Throughput throughput,
      TokenMix mix,
      @Nullable PostedPrice previous) {
    Variant.DeclaredPrice declared = variant.price();
    if (declared != null) {
      return known(
          Source.Declared, declared.input(), declared.cachedInput(), declared.output(), previous);
    }
    if (perReplica == null) {
      return new Result.Unknown(
          "PoolNotFound",
          "no price of a node of pool %s: create GpuNodePool %s with capacity[].pricePerNodeHour,"
                  .formatted(variant.pool(), variant.pool())
              + " or set postedPrice of variant %s".formatted(variant.name()));
    }
    return switch (throughput) {
      case Throughput.Unknown(var reason, var message) -> new Result.Unknown(reason, message);
      case Throughput.Measured(var rate) -> derived(variant, perReplica, rate, mix, previous);
      case Throughput.Declared(var rate) -> derived(variant, perReplica, rate, mix, previous);
      case Throughput.Estimated(var rate, _) -> derived(variant, perReplica, rate, mix, previous);
    };
  }

  private static Result derived(
      Variant variant,
      HourlyRate perReplica,
      TokensPerSecond rate,
      TokenMix mix,
      @Nullable PostedPrice previous) {
    Optional<Cpm> mean = Cpm.of(perReplica, rate.percent(variant.targetUtilization()));
    if (mean.isEmpty()) {
      return new Result.Unknown(
          "ThroughputUnknown",
          "throughput of variant %s is %s tokens per second: set it above zero"
              .formatted(variant.name(), rate));
    }
    TokenMix.Split split = mix.split(mean.get());
    return known(Source.Derived, split.input(), split.cachedInput(), split.output(), previous);
  }

  /// The prices of the classes.
  public TokenMix.Split split() {
    return new TokenMix.Split(input, cachedInput, output);
  }

  private static Result known(
      Source source, Cpm input, Cpm cachedInput, Cpm output, @Nullable PostedPrice previous) {
    long version = previous == null ? 1 : previous.version();
    PostedPrice same = new PostedPrice(version, source, input, cachedInput, output);
    if (previous == null || same.equals(previous)) {
      return new Result.Known(same);
    }
    return new Result.Known(
        new PostedPrice(Math.addExact(version, 1), source, input, cachedInput, output));
  }
}
