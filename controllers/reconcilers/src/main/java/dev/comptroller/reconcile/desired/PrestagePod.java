package dev.comptroller.reconcile.desired;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The pod that reads a variant's weights through once, on a node of its pool, and checks their
/// digest. Pure.
///
/// It warms what lies between the volume and the node, and finds a wrong file before a GPU waits
/// for it. It uses no GPUs, so it runs on a full node, costs nothing and is not metered.
public final class PrestagePod {
  private static final long NON_ROOT = 65532L;

  private PrestagePod() {}

  /// Name of the pod: one per deployment and variant.
  public static String name(String deployment, String variant) {
    return Serving.objectName(deployment, variant) + "-prestage";
  }

  /// The pod that `serving` asks for.
  public static Pod of(Serving serving) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name(serving.deployment(), serving.rung().name()))
        .withNamespace(serving.namespace())
        .withLabels(labels(serving))
        .withOwnerReferences(serving.owner())
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withNodeSelector(Map.of(Names.POOL_LABEL, serving.rung().pool()))
        .addNewToleration()
        .withKey(Names.GPU_RESOURCE)
        .withOperator("Exists")
        .withEffect("NoSchedule")
        .endToleration()
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(5L)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(NON_ROOT)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .addNewContainer()
        .withName("prestage")
        .withImage(serving.images().runtime())
        .withArgs(arguments(serving.rung()))
        .withNewResources()
        .withRequests(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("128Mi")))
        .endResources()
        .withSecurityContext(ServingDeployment.restricted())
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .addNewVolumeMount()
        .withName(ServingDeployment.MODELS_VOLUME)
        .withMountPath(ServingDeployment.MODELS)
        .withReadOnly(true)
        .endVolumeMount()
        .endContainer()
        .addNewVolume()
        .withName(ServingDeployment.MODELS_VOLUME)
        .withNewPersistentVolumeClaim()
        .withClaimName(serving.rung().claim())
        .withReadOnly(true)
        .endPersistentVolumeClaim()
        .endVolume()
        .endSpec()
        .build();
  }

  private static Map<String, String> labels(Serving serving) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app.kubernetes.io/name", Names.RUNTIME_NAME);
    labels.put("app.kubernetes.io/instance", serving.deployment());
    labels.put("app.kubernetes.io/component", "prestage");
    labels.put("app.kubernetes.io/part-of", "comptroller");
    labels.put("app.kubernetes.io/managed-by", Names.MANAGER);
    labels.put(Names.PRESTAGE_LABEL, serving.deployment());
    labels.put(Names.VARIANT_LABEL, serving.rung().name());
    return labels;
  }

  private static List<String> arguments(Rung rung) {
    List<String> arguments = new ArrayList<>();
    arguments.add("--prestage");
    arguments.add("--model");
    arguments.add(rung.modelPath());
    if (rung.digest() != null) {
      arguments.add("--model-digest");
      arguments.add(rung.digest());
    }
    return arguments;
  }
}
