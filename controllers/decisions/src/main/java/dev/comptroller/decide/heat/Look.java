package dev.comptroller.decide.heat;

import dev.comptroller.decide.heat.HeatState.StepName;
import dev.comptroller.decide.heat.HeatState.StepPast;
import dev.comptroller.decide.heat.HeatVerdict.Change;
import dev.comptroller.decide.heat.HeatVerdict.Ended;
import dev.comptroller.decide.heat.HeatVerdict.Standing;
import dev.comptroller.decide.heat.HeatVerdict.Taken;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One look at a ladder: the rules of [HeatLadder], in their order.
final class Look {
  private final List<HeatStep> ladder;
  private final List<StepName> keys;
  private final List<StepPast> steps;
  private final HeatState before;
  private final Heat heat;
  private final Function<StepName, Heat> unless;
  private final Instant now;
  private final boolean newPeriod;
  private final List<Change> changes = new ArrayList<>();

  Look(
      HeatLadder ladder,
      HeatState before,
      Heat heat,
      Function<StepName, Heat> unless,
      Instant now) {
    this.unless = unless;
    this.ladder = ladder.steps();
    this.keys = ladder.keys();
    this.steps = ladder.past(before, now);
    this.before = before;
    this.heat = heat;
    this.now = now;
    this.newPeriod = heat.periodStart().isAfter(before.periodStart());
  }

  HeatVerdict verdict() {
    forgetUndeclared();
    watch();
    boolean[] ended = wayBack();
    wayUp(ended);
    List<Standing> standings = standings();
    @Nullable Instant wake = null;
    for (Standing standing : standings) {
      @Nullable Instant due = standing.due();
      if (due != null && due.isAfter(now) && (wake == null || due.isBefore(wake))) {
        wake = due;
      }
    }
    return new HeatVerdict(state(), changes, standings, wake);
  }

  private void forgetUndeclared() {
    for (Map.Entry<StepName, StepPast> entry : before.steps().reversed().entrySet()) {
      if (entry.getValue().inForce() && !keys.contains(entry.getKey())) {
        HeatAction action = entry.getKey().action();
        changes.add(
            new Ended(
                action,
                "%s ended: step %d of it is no longer declared"
                    .formatted(action, entry.getKey().ordinal() + 1)));
      }
    }
  }

  /// Notes since when heat is where a step would change.
  private void watch() {
    for (int i = 0; i < steps.size(); i++) {
      StepPast step = steps.get(i);
      boolean beyond = step.inForce() ? isCold(i) : ladder.get(i).isHot(heat);
      boolean anew = newPeriod || step.beyond() == null;
      steps.set(i, step.waitingSince(beyond ? (anew ? now : step.beyond()) : null));
    }
  }

  private boolean[] wayBack() {
    boolean[] ended = new boolean[steps.size()];
    boolean held = false;
    for (int i = steps.size() - 1; i >= 0; i--) {
      StepPast step = steps.get(i);
      if (!step.inForce()) {
        held |= step.beyond() != null;
        continue;
      }
      boolean anew = newPeriod && isCoolAnew(i) && isRested(i);
      if (!held && (anew || isDue(i))) {
        ended[i] = true;
        changes.add(new Ended(ladder.get(i).action(), endedMessage(i, anew)));
        steps.set(i, new StepPast(false, now, null));
      } else {
        held = true;
      }
    }
    return ended;
  }

  private void wayUp(boolean[] ended) {
    int wanted = -1;
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).inForce() || (!ended[i] && isDue(i))) {
        wanted = i;
      }
    }
    for (int i = 0; i <= wanted; i++) {
      if (steps.get(i).inForce()) {
        continue;
      }
      if (ended[i] || !isRested(i)) {
        return;
      }
      changes.add(new Taken(ladder.get(i), takenMessage(i, wanted)));
      steps.set(i, new StepPast(true, now, isCold(i) ? now : null));
    }
  }

  /// Whether heat is where the step ends, and would be without it.
  private boolean isCold(int i) {
    return ladder.get(i).isCold(heat) && ladder.get(i).isColdWithout(unless.apply(keys.get(i)));
  }

  /// Whether a new period would not take the step.
  private boolean isCoolAnew(int i) {
    return !ladder.get(i).isHot(heat) && !ladder.get(i).isHot(unless.apply(keys.get(i)));
  }

  /// Whether heat has been beyond the step's threshold for its dwell.
  private boolean isDue(int i) {
    @Nullable Instant beyond = steps.get(i).beyond();
    return beyond != null && hasPassed(beyond, i);
  }

  /// Whether the step's last change is at least its dwell ago.
  private boolean isRested(int i) {
    @Nullable Instant since = steps.get(i).since();
    return since == null || hasPassed(since, i);
  }

  private boolean hasPassed(Instant from, int i) {
    return Duration.between(from, now).compareTo(ladder.get(i).dwell()) >= 0;
  }

  private String endedMessage(int i, boolean anew) {
    HeatStep step = ladder.get(i);
    return anew
        ? "%s ended: new period, %s".formatted(step.action(), step.figures(heat))
        : "%s ended: %s, under release for %s"
            .formatted(step.action(), step.figures(heat), waited(i));
  }

  private String takenMessage(int i, int wanted) {
    HeatStep step = ladder.get(i);
    if (isDue(i)) {
      return "%s taken: %s, reached for %s".formatted(step.action(), step.figures(heat), waited(i));
    }
    return "%s taken: %s; it comes before %s, which is due"
        .formatted(step.action(), step.figures(heat), ladder.get(wanted).action());
  }

  private String waited(int i) {
    @Nullable Instant beyond = steps.get(i).beyond();
    return HeatLadder.print(beyond == null ? Duration.ZERO : Duration.between(beyond, now));
  }

  private List<Standing> standings() {
    List<Standing> standings = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      HeatStep step = ladder.get(i);
      StepPast past = steps.get(i);
      @Nullable Instant due = past.inForce() ? endDue(i) : takeDue(i);
      String word = past.inForce() ? "in force" : "off";
      StringBuilder text = new StringBuilder();
      text.append("%s %s: %s".formatted(step.action(), word, step.figures(heat)));
      if (due != null) {
        text.append(", dwell %s left".formatted(HeatLadder.print(Duration.between(now, due))));
      } else if (past.beyond() != null) {
        text.append(", kept by a hotter step");
      } else if (past.inForce() && step.isCold(heat)) {
        Heat without = unless.apply(keys.get(i));
        text.append(
            ", kept: %d %% of %s without it"
                .formatted(without.percent(step.of()), step.of().words()));
      }
      standings.add(new Standing(step, past.inForce(), past.since(), due, text.toString()));
    }
    return standings;
  }

  /// When a step that is off is taken if heat stays: when it or one behind it is due, and it and
  /// all before it have rested.
  private @Nullable Instant takeDue(int index) {
    @Nullable Instant first = null;
    for (int i = index; i < steps.size(); i++) {
      @Nullable Instant beyond = steps.get(i).beyond();
      if (!steps.get(i).inForce() && beyond != null) {
        Instant due = beyond.plus(ladder.get(i).dwell());
        first = first == null || due.isBefore(first) ? due : first;
      }
    }
    if (first == null) {
      return null;
    }
    for (int i = 0; i <= index; i++) {
      @Nullable Instant since = steps.get(i).since();
      if (!steps.get(i).inForce() && since != null) {
        first = later(first, since.plus(ladder.get(i).dwell()));
      }
    }
    return first;
  }

  /// When a step in force ends if heat stays: when it and all in force behind it are due, and none
  /// behind it is hot.
  private @Nullable Instant endDue(int index) {
    Instant last = now;
    for (int i = index; i < steps.size(); i++) {
      StepPast step = steps.get(i);
      @Nullable Instant beyond = step.beyond();
      if (step.inForce() == (beyond == null)) {
        return null;
      }
      if (beyond != null) {
        last = later(last, beyond.plus(ladder.get(i).dwell()));
      }
    }
    return last;
  }

  private static Instant later(Instant left, Instant right) {
    return left.isAfter(right) ? left : right;
  }

  private HeatState state() {
    Map<StepName, StepPast> remembered = new TreeMap<>();
    for (int i = 0; i < steps.size(); i++) {
      if (!steps.get(i).equals(StepPast.FRESH)) {
        remembered.put(keys.get(i), steps.get(i));
      }
    }
    Instant start = newPeriod ? heat.periodStart() : before.periodStart();
    return HeatState.of(start, remembered);
  }
}
