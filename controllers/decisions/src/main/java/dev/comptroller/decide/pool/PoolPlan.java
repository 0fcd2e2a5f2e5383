package dev.comptroller.decide.pool;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// What a pool is to do, and why.
///
/// @param memory what has to be durable before anything is done: it holds what to ask for
/// @param drain nodes that get no new pods and lose those they have
/// @param actual dollars an hour of the nodes that are there
/// @param planned dollars an hour of these and of all that were asked for
/// @param choices every capacity type and how many nodes were asked of it, in the order of choice
/// @param outcome what it comes to
/// @param wake when to decide again at the latest; absent if only a change can change anything
public record PoolPlan(
    PoolMemory memory,
    List<String> drain,
    HourlyRate actual,
    HourlyRate planned,
    List<Choice> choices,
    Outcome outcome,
    @Nullable Instant wake) {
  public PoolPlan {
    drain = List.copyOf(drain);
    choices = List.copyOf(choices);
  }

  /// How many nodes of `type` the provisioner is to keep; empty for a type that cannot be had.
  public OptionalInt target(CapacityType type) {
    return Optional.ofNullable(memory.asked().get(type))
        .map(asked -> OptionalInt.of(asked.target()))
        .orElseGet(OptionalInt::empty);
  }

  /// One capacity type as it was weighed.
  ///
  /// @param type the type
  /// @param perNode dollars an hour of one node
  /// @param present nodes that are there to stay
  /// @param added nodes asked for beyond those
  /// @param verdict why not more; absent if no more were wanted
  public record Choice(
      CapacityType type, HourlyRate perNode, int present, int added, @Nullable String verdict) {}

  /// What a decision comes to.
  public sealed interface Outcome {
    /// Why, with numbers.
    String message();
  }

  /// Nothing comes or goes.
  public record Steady(String message) implements Outcome {}

  /// Nodes were asked for and are awaited.
  public record Adding(int nodes, String message) implements Outcome {}

  /// Nodes leave.
  public record Removing(int nodes, String message) implements Outcome {}

  /// Nodes are needed that cannot be had.
  ///
  /// @param lack what stands in the way
  /// @param nodes how many cannot be had
  public record Blocked(Lack lack, int nodes, String message) implements Outcome {}

  /// What stands in the way of a node.
  public enum Lack {
    /// The ceiling in dollars per hour.
    Ceiling,
    /// `maxNodes` of every capacity type.
    MaxNodes,
    /// Nodes that were asked for did not come, and it is too early to ask again.
    Provisioning,
    /// A replica needs more GPUs than a node has.
    ReplicaTooLarge
  }
}
