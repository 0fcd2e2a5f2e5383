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
        @Nullable String hourlyCost) {
  /// Puts the defaults in place of absent members.
  public GpuNodePoolStatus {
    conditions = Absent.list(conditions);
    capacity = Absent.list(capacity);
  }

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
          @Nullable String hourlyCost) {}
}
