package dev.comptroller.decide.rollout;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What comes next.
///
/// @param state what to write first
/// @param intents what to do then, in this order
/// @param reason the phase, or what is waited for, in CamelCase
/// @param why one sentence with numbers, steady while the facts are
/// @param wake when to look again at the latest; absent if only a change can matter
public record Step(
    RolloutState state, List<Intent> intents, String reason, String why, @Nullable Instant wake) {
  /// The goal is reached: nothing is waited for.
  public static final String STEADY = "Steady";

  /// There is no room for old and new replicas side by side, and nobody allowed to do without.
  public static final String NO_ROOM = "NoRoomForSurge";

  /// The variant has not served long enough.
  public static final String DWELL = "Dwell";

  /// A change failed and is not tried again yet.
  public static final String BACK_OFF = "BackOff";

  public Step {
    intents = List.copyOf(intents);
  }

  /// Whether a change is waited for that cannot begin now.
  public boolean isHeld() {
    return reason.equals(NO_ROOM) || reason.equals(DWELL) || reason.equals(BACK_OFF);
  }
}
