package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What images run on this machine: those of the chart the programs that this repository built.
final class Images {
  private Images() {}

  static List<ImageConfig> of(Repository repository, Path natives, List<ImageConfig> others) {
    List<ImageConfig> own = own(repository, natives);
    return Stream.concat(own.stream(), others.stream()).toList();
  }

  private static List<ImageConfig> own(Repository repository, Path natives) {
    return List.of(
        // Short-lived or mostly waiting: the quick compiler alone, a small heap.
        ImageConfig.program(
            "comptroller/operator",
            java(repository.operator(), "-Xmx192m", "-XX:TieredStopAtLevel=1"),
            Map.of()),
        ImageConfig.program(
            "comptroller/gateway",
            java(repository.gateway(), "-Xmx192m", "-XX:TieredStopAtLevel=1"),
            Map.of()),
        // Computes in the native library, not in Java.
        ImageConfig.program(
            "comptroller/runtime",
            java(repository.runtime(), "-Xmx256m", "-XX:TieredStopAtLevel=1"),
            Map.of("COMPTROLLER_NATIVES", natives.toString())));
  }

  /// The class cache that `e2e/fleet/caches` made of a program, unless the program is newer.
  private static Optional<Path> cache(Path jar) {
    Path cache = Path.of(jar.toString().replaceFirst("[.]jar$", ".aot"));
    return Files.isRegularFile(cache)
            && cache.toFile().lastModified() >= jar.toFile().lastModified()
        ? Optional.of(cache)
        : Optional.empty();
  }

  private static List<String> java(Path jar, String... flags) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED"));
    words.addAll(List.of(flags));
    cache(jar).ifPresent(cache -> words.add("-XX:AOTCache=" + cache));
    words.addAll(List.of("-jar", jar.toString()));
    return words;
  }
}
