package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import io.fabric8.kubernetes.api.model.Container;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Finds the local command of an image.
///
/// An image is matched by its repository; tag and digest do not matter. A configured repository
/// without a registry matches on every registry.
final class Images {
  private final List<ImageConfig> images;

  Images(List<ImageConfig> images) {
    this.images = List.copyOf(images);
  }

  Optional<ImageConfig> find(String image) {
    String repository = repository(image);
    String bare = withoutRegistry(repository);
    return images.stream()
        .filter(i -> i.repository().equals(repository) || i.repository().equals(bare))
        .findFirst();
  }

  /// Why an image that is not found cannot run.
  String unknown(String image) {
    return "no local command for image \"%s\": add repository \"%s\" to images of the agent's configuration (known: %s)"
        .formatted(
            image,
            repository(image),
            images.stream().map(ImageConfig::repository).collect(Collectors.joining(", ")));
  }

  /// The image's name without tag and digest.
  static String repository(String image) {
    int digest = image.indexOf('@');
    String name = digest < 0 ? image : image.substring(0, digest);
    int colon = name.lastIndexOf(':');
    return colon > name.lastIndexOf('/') ? name.substring(0, colon) : name;
  }

  private static String withoutRegistry(String repository) {
    int slash = repository.indexOf('/');
    if (slash < 0) {
      return repository;
    }
    String first = repository.substring(0, slash);
    boolean registry = first.contains(".") || first.contains(":") || first.equals("localhost");
    return registry ? repository.substring(slash + 1) : repository;
  }

  /// What a container runs: the image's own words, then the pod's.
  ///
  /// Only the pod's words speak of variables and mount paths; the image's are paths of this machine
  /// and stay as they are, whatever they begin with.
  ///
  /// @param ofImage program and default arguments
  /// @param ofPod what the pod's spec gives
  record Words(List<String> ofImage, List<String> ofPod) {
    Words {
      ofImage = List.copyOf(ofImage);
      ofPod = List.copyOf(ofPod);
    }
  }

  /// What a container of the image runs, before variables and mount paths are replaced.
  static Words words(ImageConfig image, Container container) {
    List<String> command = container.getCommand() == null ? List.of() : container.getCommand();
    List<String> arguments = container.getArgs() == null ? List.of() : container.getArgs();
    if (image.shell() && !command.isEmpty()) {
      return new Words(List.of(), joined(command, arguments));
    }
    return arguments.isEmpty()
        ? new Words(joined(image.entryPoint(), image.arguments()), List.of())
        : new Words(image.entryPoint(), arguments);
  }

  private static List<String> joined(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }
}
