/// How a deployment gets from one variant to another without ever serving nothing: a state machine
/// whose state is written before it is acted upon.
@NullMarked
package dev.comptroller.decide.rollout;

import org.jspecify.annotations.NullMarked;
