package dev.comptroller.e2e.nodeagent;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// Where a path on a node lies on this machine: through the longest configured prefix, or the path
/// itself if it exists.
/// @param prefixes path on the node to local folder
record VolumePaths(Map<String, Path> prefixes) {

  Optional<Path> resolve(String path) {
    String best = null;
    for (String prefix : prefixes.keySet()) {
      boolean under =
          path.equals(prefix) || path.startsWith(prefix.endsWith("/") ? prefix : prefix + "/");
      if (under && (best == null || prefix.length() > best.length())) {
        best = prefix;
      }
    }
    Path local;
    if (best == null) {
      local = Path.of(path);
    } else {
      String rest = path.substring(best.length());
      Path folder = prefixes.getOrDefault(best, Path.of(best));
      local = folder.resolve(rest.startsWith("/") ? rest.substring(1) : rest);
    }
    return Files.exists(local) ? Optional.of(local.toAbsolutePath().normalize()) : Optional.empty();
  }
}
