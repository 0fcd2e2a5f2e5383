package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ExecAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HTTPHeader;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a probe or a lifecycle hook does, with everything in it resolved.
sealed interface Action {
  /// Whether it went well, and what to tell if not.
  record Outcome(boolean passed, String message) {
    static final Outcome PASSED = new Outcome(true, "");

    static Outcome failed(String message) {
      return new Outcome(false, message);
    }
  }

  /// GET of a URL; 200 to 399 is well.
  record Http(URI target, Map<String, String> headers) implements Action {}

  /// A connection to a port.
  record Tcp(String host, int port) implements Action {}

  /// A program run beside the container; exit code 0 is well.
  record Exec(List<String> words, Map<String, String> environment, Path directory)
      implements Action {}

  /// A wait.
  record Sleep(Duration time) implements Action {}

  /// Something that cannot be done here, and why.
  record Unsupported(String reason) implements Action {}

  /// Where a container's actions happen.
  record Place(
      Container container,
      String podIp,
      MountPaths mounts,
      Map<String, String> environment,
      Path directory) {}

  static Action of(Probe probe, Place place) {
    if (probe.getHttpGet() != null) {
      return http(probe.getHttpGet(), place);
    }
    if (probe.getTcpSocket() != null) {
      return tcp(probe.getTcpSocket(), place);
    }
    if (probe.getExec() != null) {
      return exec(probe.getExec(), place);
    }
    return new Unsupported("probes of this type are not supported: use httpGet, tcpSocket or exec");
  }

  static Action of(LifecycleHandler hook, Place place) {
    if (hook.getHttpGet() != null) {
      return http(hook.getHttpGet(), place);
    }
    if (hook.getExec() != null) {
      return exec(hook.getExec(), place);
    }
    if (hook.getSleep() != null) {
      return new Sleep(Duration.ofSeconds(hook.getSleep().getSeconds()));
    }
    if (hook.getTcpSocket() != null) {
      return tcp(hook.getTcpSocket(), place);
    }
    return new Unsupported("hooks of this type are not supported: use exec, httpGet or sleep");
  }

  private static Action http(HTTPGetAction get, Place place) {
    Integer port = port(get.getPort(), place.container());
    if (port == null) {
      return noPort(get.getPort());
    }
    boolean named = get.getHost() != null && !get.getHost().isEmpty();
    String host = named ? get.getHost() : place.podIp();
    boolean secure = "HTTPS".equalsIgnoreCase(get.getScheme());
    String path = get.getPath() == null || get.getPath().isEmpty() ? "/" : get.getPath();
    Map<String, String> headers = new LinkedHashMap<>();
    List<HTTPHeader> declared = get.getHttpHeaders();
    for (HTTPHeader header : declared == null ? List.<HTTPHeader>of() : declared) {
      headers.put(header.getName(), header.getValue());
    }
    try {
      String slash = path.startsWith("/") ? "" : "/";
      return new Http(
          URI.create((secure ? "https://" : "http://") + host + ":" + port + slash + path),
          headers);
    } catch (IllegalArgumentException e) {
      return new Unsupported("httpGet: " + e.getMessage());
    }
  }

  private static Action tcp(TCPSocketAction connect, Place place) {
    Integer port = port(connect.getPort(), place.container());
    if (port == null) {
      return noPort(connect.getPort());
    }
    boolean named = connect.getHost() != null && !connect.getHost().isEmpty();
    return new Tcp(named ? connect.getHost() : place.podIp(), port);
  }

  private static Action exec(ExecAction exec, Place place) {
    List<String> words = new Loopback(place.podIp()).rewrite(exec.getCommand());
    return new Exec(place.mounts().rewrite(words), place.environment(), place.directory());
  }

  private static Action noPort(@Nullable IntOrString port) {
    return new Unsupported(
        "the container has no port \"" + (port == null ? "" : name(port)) + "\"");
  }

  private static String name(IntOrString port) {
    return port.getStrVal() == null ? String.valueOf(port.getIntVal()) : port.getStrVal();
  }

  private static @Nullable Integer port(@Nullable IntOrString port, Container container) {
    if (port == null) {
      return null;
    }
    if (port.getIntVal() != null) {
      return port.getIntVal();
    }
    List<ContainerPort> ports = container.getPorts();
    for (ContainerPort declared : ports == null ? List.<ContainerPort>of() : ports) {
      if (port.getStrVal().equals(declared.getName())) {
        return declared.getContainerPort();
      }
    }
    try {
      return Integer.valueOf(port.getStrVal());
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
