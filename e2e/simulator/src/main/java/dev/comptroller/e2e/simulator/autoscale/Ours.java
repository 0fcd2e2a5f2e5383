package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.scale.Autoscaler;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.Due;
import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import dev.comptroller.decide.scale.ScaleSeen;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The operator's own autoscaler, asked about one rung.
final class Ours implements ScalingPolicy {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
  private static final String RUNG = "70b";
  private static final int PER_MINUTE = 60 / Fleet.TICK;
  private static final int MINUTES = 120;

  private final Fleet.Rules rules;
  private final double[] sums = new double[WeekProfile.HOURS];
  private final int[] counts = new int[WeekProfile.HOURS];
  private int hours;
  private @Nullable ScaleState state;

  Ours(Fleet.Rules rules) {
    this.rules = rules;
  }

  @Override
  public int replicas(View view) {
    Instant now = START.plusMillis(Math.round(view.now() * 1000));
    ScaleState before = state == null ? ScaleState.resumed(RUNG, view.replicas(), now) : state;
    ScaleDecision decision =
        Autoscaler.next(
            new ScaleSeen(demand(view), List.of(rung(view))), policy(view), before, now);
    state = decision.state();
    return decision.replicas();
  }

  private @Nullable DemandSeen demand(View view) {
    History history = view.history();
    int minutes = history.size() / PER_MINUTE;
    if (minutes == 0) {
      return null;
    }
    double tokens = rules.mix().tokens();
    List<Double> known = new ArrayList<>();
    List<Double> requests = new ArrayList<>();
    int first = Math.max(0, minutes - MINUTES);
    for (int minute = first; minute < minutes; minute++) {
      double rate = history.rate(PER_MINUTE * minute, PER_MINUTE * (minute + 1));
      known.add(tokens * rate);
      requests.add(60 * rate);
    }
    List<Double> before = new ArrayList<>();
    for (int minute = Math.max(0, first - DemandSeen.BEFORE); minute < first; minute++) {
      before.add(tokens * history.rate(PER_MINUTE * minute, PER_MINUTE * (minute + 1)));
    }
    return new DemandSeen(
        tokens * history.last(60),
        known,
        before,
        requests,
        pulse(history, minutes),
        START.plusSeconds(60L * minutes),
        profile(history),
        view.allWaiting(),
        tokens * view.allWaiting(),
        due(view.batch()),
        START.plusMillis(Math.round(view.now() * 1000)));
  }

  private static Pulse pulse(History history, int minutes) {
    List<Pulse.Minute> quarters = new ArrayList<>();
    for (int minute = Math.max(0, minutes - Pulse.MINUTES); minute < minutes; minute++) {
      int first = PER_MINUTE * minute;
      quarters.add(
          new Pulse.Minute(
              history.requests(first),
              history.requests(first + 1),
              history.requests(first + 2),
              history.requests(first + 3)));
    }
    return Pulse.of(quarters);
  }

  /// What waits, by when the oldest of each span is due; of its tokens the mean is known.
  private List<Due> due(View.Batch batch) {
    List<Due> due = new ArrayList<>();
    for (int i = 0; i < batch.spans().length; i++) {
      double by = (double) (batch.firstSpan() + i) * Backlog.SPAN + batch.windowSeconds();
      due.add(
          new Due(
              START.plusMillis(Math.round(1000 * by)), rules.mix().tokens() * batch.spans()[i]));
    }
    return due;
  }

  private WeekProfile profile(History history) {
    int perHour = 3600 / Fleet.TICK;
    for (; (hours + 1) * perHour <= history.size(); hours++) {
      int of = WeekProfile.hourOf(START.plusSeconds(3600L * hours));
      sums[of] += rules.mix().tokens() * history.rate(hours * perHour, (hours + 1) * perHour);
      counts[of]++;
    }
    List<@Nullable Double> means = new ArrayList<>(Collections.nCopies(WeekProfile.HOURS, null));
    for (int i = 0; i < WeekProfile.HOURS; i++) {
      if (counts[i] > 0) {
        means.set(i, sums[i] / counts[i]);
      }
    }
    return new WeekProfile(means, hours / WeekProfile.HOURS);
  }

  private RungSeen rung(View view) {
    double tokens = rules.mix().tokens();
    return new RungSeen(
        RUNG,
        new HourlyRate(rules.machine().microsPerHour()),
        speed(tokens * view.safe().requestsPerSecond()),
        new RungSeen.Pooled(
            rules.machine().limits().maxSequences(),
            speed(tokens * view.fullRate()),
            view.safe().growth()),
        true,
        view.replicas(),
        view.most(),
        Duration.ofSeconds(view.startSeconds()),
        null);
  }

  private static TokensPerSecond speed(double tokens) {
    return new TokensPerSecond(Math.round(1000 * tokens));
  }

  private ScalePolicy policy(View view) {
    Variant variant =
        new Variant(RUNG, "h100", 8, new BigDecimal("0.9"), 0, "BF16", 64, null, null, 60);
    Policy deployment =
        new Policy("team", "chat", List.of(variant), null, 1, new Scaling(1, view.most()), null);
    // A queue by number is one by time: that many are served in so long.
    long queue = Math.round(1000 * rules.machine().maxQueued() / view.fullRate());
    Surplus surplus =
        Surplus.of(List.of(Optional.of(Duration.ofMillis(queue))), rules.slo().timeToFirstToken());
    return ScalePolicy.following(deployment, rules.slo().attainment(), surplus);
  }
}
