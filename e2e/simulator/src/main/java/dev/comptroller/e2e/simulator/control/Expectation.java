package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.units.TokensPerSecond;
import java.util.List;

/// What the money of a deployment goes by.
///
/// @param asked tokens a second that it is asked for
/// @param repeats the minutes after which that comes again; empty if it does not
record Expectation(TokensPerSecond asked, List<TokensPerSecond> repeats) {
  Expectation {
    repeats = List.copyOf(repeats);
  }
}
