package dev.comptroller.e2e.simulator.control;

import dev.comptroller.e2e.simulator.world.Chance;

/// Writes to the API server, and what becomes of them.
final class Writes {
  private final Controls controls;
  private final Chance chance;

  Writes(Controls controls, Chance chance) {
    this.controls = controls;
    this.chance = chance;
  }

  /// The operator died at a write.
  static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("crash", null, false, false);
    }
  }

  /// A write was refused, or its answer was lost: look again.
  static final class Again extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Again() {
      super("again", null, false, false);
    }
  }

  /// Does a write, unless something comes between: a crash before or after it, a refusal, or a lost
  /// answer.
  void apply(Runnable write) {
    if (chance.happens(controls.crash())) {
      throw new Crash();
    }
    if (chance.happens(controls.conflict())) {
      throw new Again();
    }
    write.run();
    if (chance.happens(controls.crash())) {
      throw new Crash();
    }
    if (chance.happens(controls.lostReply())) {
      throw new Again();
    }
  }
}
