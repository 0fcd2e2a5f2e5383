package dev.comptroller.decide.scale;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.fleet.Variant;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a deployment's owner lets the autoscaler do.
///
/// @param deployment the deployment as declared
/// @param asked replicas that somebody set by hand or by another autoscaler; absent if nobody did
/// @param schedules times of the week with a higher minimum
/// @param idleTimeout time without a request after which it may go to zero
/// @param observe whether only to say what would be done
/// @param downgradeAllowed whether a lower rung than the first may serve
/// @param pricierFallback whether a rung may stand in for a better one that is cheaper
/// @param targetWindow over how long the target CPM is meant
/// @param pace how fast it follows
/// @param attainment part of the requests that are to keep their SLO, above 0 and below 1
/// @param surplus whom requests that are too many make late
public record ScalePolicy(
    Policy deployment,
    @Nullable Integer asked,
    List<Schedule> schedules,
    Duration idleTimeout,
    boolean observe,
    boolean downgradeAllowed,
    boolean pricierFallback,
    Duration targetWindow,
    Pace pace,
    double attainment,
    Surplus surplus) {
  /// The attainment where nobody says another one.
  public static final double USUAL = 0.99;

  public ScalePolicy {
    if (!(attainment > 0 && attainment < 1)) {
      throw new IllegalArgumentException(
          "attainment is %s: need above 0 and below 1".formatted(attainment));
    }
    schedules = List.copyOf(schedules);
    if (idleTimeout.isNegative() || targetWindow.isNegative()) {
      throw new IllegalArgumentException(
          "idleTimeout %s and target window %s: need zero or more"
              .formatted(idleTimeout, targetWindow));
    }
  }

  /// What follows the demand at the usual pace: no rung is barred, nothing is set by hand, no
  /// schedule asks for more, and a surplus delays all.
  public static ScalePolicy following(Policy deployment, double attainment) {
    return following(deployment, attainment, Surplus.DELAYS_ALL);
  }

  /// The same where a surplus may be refused.
  public static ScalePolicy following(Policy deployment, double attainment, Surplus surplus) {
    return new ScalePolicy(
        deployment,
        null,
        List.of(),
        Duration.ofMinutes(10),
        false,
        true,
        true,
        Duration.ofHours(1),
        Pace.DEFAULT,
        attainment,
        surplus);
  }

  /// Whom requests that are too many make late.
  public enum Surplus {
    /// Everybody: they wait, and all who come after them wait behind them.
    DELAYS_ALL,
    /// Themselves: who would wait for too long is refused, so replicas may be fuller.
    IS_REFUSED;

    /// Of rungs that refuse who would wait for longer than this; absent where one lets all wait.
    ///
    /// Half of what is promised is left for the prompt.
    ///
    /// @param firstToken seconds that are promised to the first token; infinite if nothing is
    public static Surplus of(Collection<Optional<Duration>> longest, double firstToken) {
      return longest.stream()
              .allMatch(time -> time.filter(t -> 2 * t.toMillis() <= 1000 * firstToken).isPresent())
          ? IS_REFUSED
          : DELAYS_ALL;
    }
  }

  /// How fast replicas follow the demand.
  ///
  /// @param settle how long fewer replicas must have been enough before one leaves
  /// @param start how long a new replica is taken to need where none was seen to start
  /// @param look time from one decision to the next
  /// @param dwell how long a rung serves before another takes over
  public record Pace(Duration settle, Duration start, Duration look, Duration dwell) {
    /// What suits servers that load tens of gigabytes.
    public static final Pace DEFAULT =
        new Pace(
            Duration.ofSeconds(30),
            Duration.ofMinutes(3),
            Duration.ofSeconds(15),
            Duration.ofMinutes(10));

    /// Whether a rung that serves since then may not be left yet.
    public boolean dwells(@Nullable Instant since, Instant now) {
      return since != null && !since.isAfter(now) && now.isBefore(since.plus(dwell));
    }

    public Pace {
      if (settle.isNegative() || start.isNegative() || look.isNegative() || dwell.isNegative()) {
        throw new IllegalArgumentException(
            "settle %s, start %s, look %s, dwell %s: need zero or more"
                .formatted(settle, start, look, dwell));
      }
    }
  }

  /// Fewest replicas at `now`, with those of schedules that begin until `ahead` later.
  int fewest(Instant now, Duration ahead) {
    Schedule schedule = schedule(now, ahead);
    int fewest = schedule == null ? deployment.scaling().minReplicas() : schedule.minReplicas();
    return Math.min(fewest, most());
  }

  int most() {
    return deployment.scaling().maxReplicas();
  }

  /// The rungs that may serve, best first.
  List<Variant> admissible() {
    return deployment.ladder().stream().filter(deployment::admits).toList();
  }

  /// The schedule that asks for most at `now` or until `ahead` later; absent if none asks for more
  /// than there are at least anyway.
  @Nullable Schedule schedule(Instant now, Duration ahead) {
    @Nullable Schedule most = null;
    int fewest = deployment.scaling().minReplicas();
    for (Schedule schedule : schedules) {
      if (schedule.minReplicas() > fewest && schedule.holdsWithin(now, ahead)) {
        most = schedule;
        fewest = schedule.minReplicas();
      }
    }
    return most;
  }
}
