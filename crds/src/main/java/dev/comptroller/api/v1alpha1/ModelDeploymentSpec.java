package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the owner of a model asks for.
@JsonClassDescription("What the owner of the model asks for.")
@Wire
@ValidationRule(
    value = "self.variants.map(v, -v.quality).isSorted()",
    message =
        "variants must be ordered best quality first: no variant may have a higher"
            + " quality than the one before it")
@ValidationRule(
    value = "size(self.variants) == 0 || self.variants.exists(v, v.quality >= self.qualityFloor)",
    message =
        "qualityFloor is above the quality of every variant, so nothing could ever"
            + " serve: lower it or add a better variant")
@ValidationRule(
    value =
        "!has(self.replicas) || self.replicas <= (has(self.scaling.maxReplicas) ?"
            + " self.scaling.maxReplicas : (self.scaling.minReplicas > 1 ?"
            + " self.scaling.minReplicas : 1))",
    message =
        "replicas must not exceed scaling.maxReplicas (absent: scaling.minReplicas, at least 1)")
@ValidationRule(
    value = "!self.cascade.enabled || size(self.variants) > 1",
    message = "cascade needs at least two variants to escalate between")
public record ModelDeploymentSpec(
    @Required
        @Keyed("name")
        @Size(min = 1, max = 16)
        @JsonPropertyDescription(
            "The ladder: ways to serve the model, best quality first. A downgrade goes"
                + " one rung down, never under qualityFloor.")
        List<Variant> variants,
    @Min(0)
        @Max(100)
        @Default("0")
        @JsonPropertyDescription(
            "The lowest quality of a variant that the owner accepts, 0 to 100. Nothing"
                + " ever serves below it. Default 0.")
        Integer qualityFloor,
    @Min(0)
        @Max(1000)
        @SpecReplicas
        @JsonPropertyDescription(
            "Desired replicas of the active variant, set through the scale subresource"
                + " by kubectl scale or another autoscaler; it is kept until it is removed."
                + " Absent: as many as the demand needs, from scaling.minReplicas to"
                + " scaling.maxReplicas.")
        @Nullable Integer replicas,
    @JsonPropertyDescription(
            "The full cost per million tokens that the owner wants. A soft goal:"
                + " MeetingTargetCpm says why it is missed. Absent: as cheap as the other"
                + " limits allow.")
        @Nullable TargetCpm targetCpm,
    @Min(0)
        @Max(1000)
        @Default("100")
        @JsonPropertyDescription(
            "Which deployments of a namespace keep their replicas when its money runs"
                + " short: higher first. Default 100.")
        Integer priority,
    @Min(1)
        @Max(1000)
        @Default("100")
        @JsonPropertyDescription(
            "Share of the namespace's allowance among deployments of equal priority. Default 100.")
        Integer weight,
    @JsonPropertyDescription(
            "The latency that users are promised. Absent: no promise, and MeetingSlo"
                + " stays Unknown.")
        @Nullable Slo slo,
    @Default("{}")
        @JsonPropertyDescription(
            "Between how many replicas, and when. Default: exactly one replica.")
        Scaling scaling,
    @Default("{}")
        @JsonPropertyDescription("What may happen to the deployment when its budget runs hot.")
        Downgrade downgrade,
    @Keyed("namespace")
        @Size(max = 64)
        @JsonPropertyDescription(
            "Other namespaces that may call this deployment. Without a grant only its"
                + " own namespace may.")
        List<Grant> grants,
    @Default("{}") @JsonPropertyDescription("How much money is held for a request before it runs.")
        AdmissionPolicy admission,
    @JsonPropertyDescription("Limits of one request. Absent: the context length alone.")
        @Nullable Limits limits,
    @Default("{}")
        @JsonPropertyDescription(
            "Start on the lowest rung and escalate when its answer is not confident."
                + " Needs two variants.")
        Cascade cascade,
    @Default("{}") @JsonPropertyDescription("What is remembered between requests.") Cache cache,
    @JsonPropertyDescription(
            "Work that may wait, at a lower price. Absent: batch requests are refused.")
        @Nullable Batch batch) {
  /// Puts the defaults in place of absent members.
  public ModelDeploymentSpec {
    variants = Absent.list(variants);
    qualityFloor = Absent.or(qualityFloor, 0);
    priority = Absent.or(priority, 100);
    weight = Absent.or(weight, 100);
    scaling = Absent.or(scaling, Scaling.DEFAULT);
    downgrade = Absent.or(downgrade, Downgrade.DEFAULT);
    grants = Absent.list(grants);
    admission = Absent.or(admission, AdmissionPolicy.DEFAULT);
    cascade = Absent.or(cascade, Cascade.DEFAULT);
    cache = Absent.or(cache, Cache.DEFAULT);
  }
}
