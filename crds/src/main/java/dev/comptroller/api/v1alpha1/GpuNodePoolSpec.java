package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A set of identical GPU nodes and their prices.
@JsonClassDescription("The nodes and their prices.")
@Wire
@ValidationRule(
    value =
        "!has(self.provisioner.clusterApi) || self.capacity.all(c,"
            + " self.provisioner.clusterApi.machineDeployments.exists(t, t.type == c.type))",
    message = "provisioner.clusterApi.machineDeployments needs an entry for every capacity type")
@ValidationRule(
    value =
        "!has(self.provisioner.scaleTarget) || self.capacity.all(c,"
            + " self.provisioner.scaleTarget.targets.exists(t, t.type == c.type))",
    message = "provisioner.scaleTarget.targets needs an entry for every capacity type")
@ValidationRule(
    value =
        "!has(self.provisioner.karpenter) || self.provisioner.karpenter.staticCapacity"
            + " || self.capacity.all(c, c.minNodes == 0)",
    message =
        "capacity[].minNodes must be 0 with provisioner.karpenter, which launches nodes only for"
            + " pods that wait, unless its staticCapacity is true")
public record GpuNodePoolSpec(
    @Required @JsonPropertyDescription("The GPUs of each node.") Gpu gpu,
    @Required
        @Keyed("type")
        @Size(min = 1, max = 3)
        @JsonPropertyDescription(
            "What the nodes cost, and how many there may be, for each capacity type.")
        List<Capacity> capacity,
    @Text(Format.DOLLARS)
        @JsonPropertyDescription(
            "Ceiling in dollars per hour on all nodes of the pool. Absent: maxNodes"
                + " alone bounds it.")
        @Nullable String maxHourlySpend,
    @Text(Format.DURATION)
        @Default("5m")
        @JsonPropertyDescription(
            "How long a node that nothing needs is kept before it is drained and released. Default"
                + " 5m.")
        String idleTimeout,
    @Text(Format.DURATION)
        @Default("15m")
        @JsonPropertyDescription(
            "How long a node that was asked for may take to join before it counts as failed."
                + " Default 15m.")
        String startTimeout,
    @Required
        @JsonPropertyDescription(
            "What makes and removes nodes: exactly one of karpenter, clusterApi,"
                + " scaleTarget and static.")
        Provisioner provisioner) {
  /// Puts the defaults in place of absent members.
  public GpuNodePoolSpec {
    capacity = Absent.list(capacity);
    idleTimeout = Absent.or(idleTimeout, "5m");
    startTimeout = Absent.or(startTimeout, "15m");
  }

  /// The GPUs of one node.
  @Wire
  public record Gpu(
      @Required
          @Text(Format.GPU_PRODUCT)
          @JsonPropertyDescription(
              "Product, as the device plugin labels nodes with it (nvidia.com/gpu.product).")
          String product,
      @Required @Text(Format.MEMORY) @JsonPropertyDescription("Memory of one GPU, such as 80Gi.")
          String memory,
      @Required @Min(1) @Max(64) @JsonPropertyDescription("GPUs of one node.") Integer perNode) {}
}
