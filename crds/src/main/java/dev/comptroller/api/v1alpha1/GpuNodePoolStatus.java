package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The nodes of a pool and what they cost.
@JsonClassDescription("The nodes there are and what they cost.")
@Wire
public record GpuNodePoolStatus(
    @JsonPropertyDescription("Generation of the spec that this status was computed from.")
        @Nullable Long observedGeneration,
    @Keyed("type")
        @Size(max = 16)
        @JsonPropertyDescription("Ready, WithinCeiling and Provisioning.")
        List<Condition> conditions,
    @Keyed("type") @Size(max = 3) @JsonPropertyDescription("Nodes of each capacity type.")
        List<CapacityStatus> capacity,
    @JsonPropertyDescription("Nodes that carry the label of the pool.") @Nullable Integer nodes,
    @JsonPropertyDescription("GPUs of these nodes.") @Nullable Integer gpus,
    @JsonPropertyDescription("GPUs that pods hold, of whomever.") @Nullable Integer gpusUsed,
    @JsonPropertyDescription("GPUs that a pod could still get.") @Nullable Integer gpusFree,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription("Dollars per hour of these nodes at the prices in force.")
        @Nullable String hourlyCost,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Dollars per hour of these nodes and of those that were asked for and have not come.")
        @Nullable String plannedHourlyCost,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription("Dollars per hour of the GPUs that replicas hold.")
        @Nullable String allocatedHourlyCost,
    @Text(Format.DOLLARS_OR_ZERO)
        @JsonPropertyDescription(
            "Dollars per hour of the GPUs that no replica holds; other pods may. With"
                + " allocatedHourlyCost the cost of all nodes.")
        @Nullable String unallocatedHourlyCost,
    @JsonPropertyDescription(
            "What the nodes cost in the calendar month (UTC), and whose replicas held them."
                + " Written when a rate changes: in between everything grows by its rate.")
        @Nullable Bill bill,
    @Keyed("node")
        @Size(max = 1000)
        @JsonPropertyDescription("Nodes that nothing needs, and since when.")
        List<Idle> idle,
    @Keyed("node")
        @Size(max = 1000)
        @JsonPropertyDescription("Nodes that were told to leave, and why.")
        List<Releasing> releasing) {
  /// Puts the defaults in place of absent members.
  public GpuNodePoolStatus {
    conditions = Absent.list(conditions);
    capacity = Absent.list(capacity);
    idle = Absent.list(idle);
    releasing = Absent.list(releasing);
  }

  /// A status that says nothing.
  public static GpuNodePoolStatus empty() {
    List<Condition> conditions = List.of();
    List<CapacityStatus> capacity = List.of();
    List<Idle> idle = List.of();
    List<Releasing> releasing = List.of();
    return new GpuNodePoolStatus(
        null,
        conditions,
        capacity,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        idle,
        releasing);
  }

  /// What the nodes cost, and who held them: `nodes` + `excess` = `allocated` + `unallocated`.
  @Wire
  public record Bill(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("When the month began.")
          String start,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Up to when the dollars count.")
          String asOf,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars of all nodes, from when they joined to when they left.")
          String nodes,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars of the GPUs that replicas held, of all namespaces.")
          String allocated,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars of the GPUs that no replica held.")
          String unallocated,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars that replicas are charged beyond all nodes; absent if none.")
          @Nullable String excess,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Dollars that the nodes may be too much at most: nodes that left while the operator"
                  + " was away count until it was back. Absent if none.")
          @Nullable String unobserved,
      @Keyed("namespace")
          @Size(max = 100)
          @JsonPropertyDescription("Who holds or held GPUs: who spent most first.")
          List<Share> namespaces) {
    /// Shares that are shown.
    public static final int SHARES = 100;

    /// Puts the defaults in place of absent members.
    public Bill {
      namespaces = Absent.list(namespaces);
    }
  }

  /// A namespace's part of the bill.
  @Wire
  public record Share(
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("The namespace.")
          String namespace,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars of the GPUs that its replicas held.")
          String spent,
      @Required
          @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars per hour of those that they hold.")
          String hourlyCost) {}

  /// The nodes of one capacity type.
  @Wire
  public record CapacityStatus(
      @Required @JsonPropertyDescription("The capacity type.") CapacityType type,
      @JsonPropertyDescription("Nodes.") @Nullable Integer nodes,
      @JsonPropertyDescription("GPUs of these nodes.") @Nullable Integer gpus,
      @JsonPropertyDescription("GPUs that pods hold.") @Nullable Integer gpusUsed,
      @JsonPropertyDescription("GPUs that a pod could still get.") @Nullable Integer gpusFree,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription("Dollars of one node for one hour, in force now.")
          @Nullable String pricePerNodeHour,
      @Text(Format.DOLLARS_OR_ZERO) @JsonPropertyDescription("Dollars per hour of these nodes.")
          @Nullable String hourlyCost,
      @JsonPropertyDescription(
              "What the provisioner is asked for; absent where nodes are only counted.")
          @Nullable Asked asked) {}

  /// What the provisioner is asked for.
  @Wire
  public record Asked(
      @Required @JsonPropertyDescription("Nodes that there are to be once all have come and gone.")
          Integer nodes,
      @Required
          @JsonPropertyDescription(
              "Nodes that the provisioner is told to keep: those, and those not drained yet.")
          Integer target,
      @Required @JsonPropertyDescription("Nodes that were there to stay when this was asked.")
          Integer present,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("Since when nodes are awaited; absent while none is.")
          @Nullable String since,
      @JsonPropertyDescription("How often in a row nodes did not come in time.")
          @Nullable Integer failures,
      @Text(Format.INSTANT)
          @JsonPropertyDescription("When nodes that did not come are asked for again.")
          @Nullable String retryAt) {}

  /// A node that nothing needs.
  @Wire
  public record Idle(
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("Its name.") String node,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Since when.") String since) {}

  /// A node that was told to leave.
  @Wire
  public record Releasing(
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("Its name.") String node,
      @Required @Text(Format.SHORT) @JsonPropertyDescription("Idle, Ceiling or MaxNodes.")
          String reason,
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("Since when.") String since) {}
}
