package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Values of a pod's own fields, for `fieldRef` and `resourceFieldRef`.
/// @param pod whose fields are read
/// @param podIp its address
/// @param hostIp its node's address
/// @param allocatable the node's resources, the answer where a container has no limit
record DownwardApi(Pod pod, String podIp, String hostIp, Map<String, String> allocatable) {

  /// The value of a field path such as `metadata.labels['app']` or `status.podIP`.
  String field(String path) throws UnsupportedFieldException {
    ObjectMeta meta = pod.getMetadata();
    return switch (path) {
      case "metadata.name" -> meta.getName();
      case "metadata.namespace" -> meta.getNamespace();
      case "metadata.uid" -> meta.getUid();
      case "metadata.labels" -> lines(meta.getLabels());
      case "metadata.annotations" -> lines(meta.getAnnotations());
      case "spec.nodeName" -> pod.getSpec().getNodeName();
      case "spec.serviceAccountName" -> text(pod.getSpec().getServiceAccountName());
      case "status.podIP", "status.podIPs" -> podIp;
      case "status.hostIP", "status.hostIPs" -> hostIp;
      default -> {
        if (path.startsWith("metadata.labels['") && path.endsWith("']")) {
          yield entry(meta.getLabels(), path);
        }
        if (path.startsWith("metadata.annotations['") && path.endsWith("']")) {
          yield entry(meta.getAnnotations(), path);
        }
        throw new UnsupportedFieldException("fieldPath \"" + path + "\" is not supported");
      }
    };
  }

  /// The value of a container's limit or request, in units of the selector's divisor, rounded up.
  String resource(Container container, ResourceFieldSelector selector)
      throws UnsupportedFieldException {
    String[] parts = selector.getResource().split("\\.", 2);
    if (parts.length < 2 || !(parts[0].equals("limits") || parts[0].equals("requests"))) {
      throw new UnsupportedFieldException(
          "resource \"" + selector.getResource() + "\" must start with limits. or requests.");
    }
    Quantity held = held(container, parts[0], parts[1]);
    BigDecimal amount = held == null ? BigDecimal.ZERO : Quantity.getAmountInBytes(held);
    Quantity divisor = selector.getDivisor();
    BigDecimal unit = divisor == null ? BigDecimal.ZERO : Quantity.getAmountInBytes(divisor);
    if (unit.signum() == 0) {
      unit = BigDecimal.ONE;
    }
    return amount.divide(unit, 0, RoundingMode.CEILING).toPlainString();
  }

  private @Nullable Quantity held(Container container, String kind, String resource) {
    var resources = container.getResources();
    Map<String, Quantity> declared = null;
    if (resources != null) {
      declared = kind.equals("limits") ? resources.getLimits() : resources.getRequests();
    }
    Quantity held = declared == null ? null : declared.get(resource);
    if (held == null && kind.equals("limits") && allocatable.containsKey(resource)) {
      return new Quantity(allocatable.get(resource));
    }
    return held;
  }

  private static String entry(@Nullable Map<String, String> map, String path) {
    String key = path.substring(path.indexOf('\'') + 1, path.length() - 2);
    return map == null ? "" : map.getOrDefault(key, "");
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static String lines(@Nullable Map<String, String> map) {
    if (map == null) {
      return "";
    }
    return new TreeMap<>(map)
        .entrySet().stream()
            .map(e -> e.getKey() + "=\"" + escaped(e.getValue()) + "\"")
            .collect(Collectors.joining("\n"));
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /// A field that a pod asks for and no container can have.
  static final class UnsupportedFieldException extends Exception {
    private static final long serialVersionUID = 1L;

    UnsupportedFieldException(String message) {
      super(message);
    }
  }
}
