package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What makes and removes nodes: exactly one member is set.
@Wire
@ValidationRule(
    value =
        "[has(self.karpenter), has(self.clusterApi), has(self.scaleTarget),"
            + " has(self.static)].filter(x, x).size() == 1",
    message = "provisioner needs exactly one of karpenter, clusterApi, scaleTarget and static")
public record Provisioner(
    @JsonPropertyDescription("Karpenter: the operator keeps one NodePool for each capacity type.")
        @Nullable Karpenter karpenter,
    @JsonPropertyDescription(
            "Cluster API: the operator scales one MachineDeployment for each capacity type.")
        @Nullable ClusterApi clusterApi,
    @JsonPropertyDescription("Any resource with a scale subresource, one for each capacity type.")
        @Nullable ScaleTarget scaleTarget,
    @JsonProperty("static")
        @JsonPropertyDescription("Nodes that people add and remove; the operator only counts them.")
        @Nullable StaticNodes fixed) {
  /// Nodes by Karpenter.
  @Wire
  public record Karpenter(
      @Required @JsonPropertyDescription("The node class of the NodePools.") NodeClass nodeClass,
      @Keyed("key")
          @Size(max = 32)
          @JsonPropertyDescription(
              "Requirements of the NodePools that pick the machine, such as its instance type. The"
                  + " capacity type is added.")
          List<Requirement> requirements,
      @Text(Format.DURATION)
          @JsonPropertyDescription("How old a node may get. Absent: as old as it likes.")
          @Nullable String expireAfter,
      @Default("false")
          @JsonPropertyDescription(
              "Whether NodePools have a fixed number of nodes (spec.replicas; needs Karpenter's"
                  + " feature gate StaticCapacity). Otherwise they have limits, and pods that wait"
                  + " make Karpenter launch nodes within them. Fixed once set. Default false.")
          Boolean staticCapacity) {
    /// Puts the defaults in place of absent members.
    public Karpenter {
      requirements = Absent.list(requirements);
      staticCapacity = Absent.or(staticCapacity, false);
    }
  }

  /// A requirement on the labels of nodes.
  @Wire
  public record Requirement(
      @Required
          @Text(Format.SHORT)
          @JsonPropertyDescription("Label key, such as node.kubernetes.io/instance-type.")
          String key,
      @Required @JsonPropertyDescription("In, NotIn, Exists, DoesNotExist, Gt or Lt.")
          Operator operator,
      @Size(max = 64) @Text(Format.SHORT) @JsonPropertyDescription("Values to compare with.")
          List<String> values) {
    /// Puts the defaults in place of absent members.
    public Requirement {
      values = Absent.list(values);
    }
  }

  /// How a requirement compares.
  public enum Operator {
    /// One of the values.
    @JsonProperty("In")
    IN("In"),
    /// None of the values.
    @JsonProperty("NotIn")
    NOT_IN("NotIn"),
    /// The label is there.
    @JsonProperty("Exists")
    EXISTS("Exists"),
    /// The label is not there.
    @JsonProperty("DoesNotExist")
    DOES_NOT_EXIST("DoesNotExist"),
    /// Greater than the value.
    @JsonProperty("Gt")
    GT("Gt"),
    /// Less than the value.
    @JsonProperty("Lt")
    LT("Lt");

    private final String wire;

    Operator(String wire) {
      this.wire = wire;
    }

    /// Returns the name as it stands in a NodePool.
    public String wire() {
      return wire;
    }
  }

  /// Reference to a node class of Karpenter.
  @Wire
  public record NodeClass(
      @Required
          @Text(Format.API_GROUP)
          @JsonPropertyDescription("Its API group, such as karpenter.k8s.aws.")
          String group,
      @Required @Text(Format.KIND) @JsonPropertyDescription("Its kind, such as EC2NodeClass.")
          String kind,
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("Its name.") String name) {}

  /// Nodes by Cluster API.
  @Wire
  public record ClusterApi(
      @Required @Text(Format.NAME) @JsonPropertyDescription("Namespace of the MachineDeployments.")
          String namespace,
      @Required
          @Keyed("type")
          @Size(min = 1, max = 3)
          @JsonPropertyDescription("One MachineDeployment for each capacity type.")
          List<MachineDeployment> machineDeployments) {
    /// Puts the defaults in place of absent members.
    public ClusterApi {
      machineDeployments = Absent.list(machineDeployments);
    }
  }

  /// Reference to a MachineDeployment.
  @Wire
  public record MachineDeployment(
      @Required @JsonPropertyDescription("The capacity type that it makes.") CapacityType type,
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("Its name.") String name) {}

  /// Nodes by the scale subresource of other resources.
  @Wire
  public record ScaleTarget(
      @Required
          @Keyed("type")
          @Size(min = 1, max = 3)
          @JsonPropertyDescription("One resource for each capacity type.")
          List<Target> targets) {
    /// Puts the defaults in place of absent members.
    public ScaleTarget {
      targets = Absent.list(targets);
    }
  }

  /// Reference to a resource with a scale subresource; one replica is one node.
  @Wire
  public record Target(
      @Required @JsonPropertyDescription("The capacity type that it makes.") CapacityType type,
      @Required
          @Text(Format.API_VERSION)
          @JsonPropertyDescription("Its group and version, such as autoscaling.example.com/v1.")
          String apiVersion,
      @Required @Text(Format.KIND) @JsonPropertyDescription("Its kind.") String kind,
      @Text(Format.NAME) @JsonPropertyDescription("Its namespace. Absent: it is cluster-scoped.")
          @Nullable String namespace,
      @Required @Text(Format.OBJECT_NAME) @JsonPropertyDescription("Its name.") String name) {}

  /// Nodes that are simply there, labelled comptroller.dev/pool with the name of the pool.
  /// It has no members.
  @Wire
  public record StaticNodes() {}
}
