package dev.comptroller.engine.llama;

import java.nio.file.Path;
import java.util.Map;

/// Where the natives lie.
public final class Natives {
  private static final String FOLDER = "node-llama-cpp-linux-x64-3.22.1";

  private Natives() {}

  /// `COMPTROLLER_NATIVES`, or the pinned package's folder in the cache.
  public static Path folder(Map<String, String> environment) {
    String told = environment.getOrDefault("COMPTROLLER_NATIVES", "");
    return told.isEmpty() ? cache(environment).resolve("natives").resolve(FOLDER) : Path.of(told);
  }

  /// `COMPTROLLER_CACHE`, or `comptroller` in the user's cache folder.
  public static Path cache(Map<String, String> environment) {
    String told = environment.getOrDefault("COMPTROLLER_CACHE", "");
    if (!told.isEmpty()) {
      return Path.of(told);
    }
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path caches =
        xdg.isEmpty() ? Path.of(environment.getOrDefault("HOME", "."), ".cache") : Path.of(xdg);
    return caches.resolve("comptroller");
  }
}
