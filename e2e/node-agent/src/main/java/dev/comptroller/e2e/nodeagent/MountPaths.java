package dev.comptroller.e2e.nodeagent;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Replaces the mount paths of a container, where they appear in words of its command, arguments
/// and environment, by the folders in which the volumes lie on this machine.
///
/// A path counts where it stands alone or starts a longer path: the character before it must not
/// belong to a path (letter, digit, `.`, `_`, `-`, `/`) and the one after it must not continue its
/// last name. `--model=/models/a.gguf` is rewritten; `http://host/models` and `/models2` are not.
/// The longest mount path wins.
final class MountPaths {
  private record Mount(String path, String folder) {}

  private final List<Mount> mounts;

  MountPaths(Map<String, Path> folders) {
    mounts =
        folders.entrySet().stream()
            .map(e -> new Mount(trimmed(e.getKey()), e.getValue().toString()))
            .filter(m -> m.path().length() > 1)
            .sorted(Comparator.comparingInt((Mount m) -> m.path().length()).reversed())
            .toList();
  }

  private static String trimmed(String path) {
    return path.length() > 1 && path.endsWith("/")
        ? trimmed(path.substring(0, path.length() - 1))
        : path;
  }

  List<String> rewrite(List<String> words) {
    return words.stream().map(this::rewrite).toList();
  }

  String rewrite(String word) {
    if (mounts.isEmpty() || word.indexOf('/') < 0) {
      return word;
    }
    var out = new StringBuilder(word.length() + 64);
    int i = 0;
    while (i < word.length()) {
      Mount mount = word.charAt(i) == '/' ? mountAt(word, i) : null;
      if (mount == null) {
        out.append(word.charAt(i++));
      } else {
        out.append(mount.folder());
        i += mount.path().length();
      }
    }
    return out.toString();
  }

  private @Nullable Mount mountAt(String word, int at) {
    if (at > 0 && isInPath(word.charAt(at - 1))) {
      return null;
    }
    for (Mount mount : mounts) {
      int end = at + mount.path().length();
      if (word.startsWith(mount.path(), at)
          && (end == word.length() || !isInName(word.charAt(end)))) {
        return mount;
      }
    }
    return null;
  }

  private static boolean isInName(char c) {
    return Character.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  }

  private static boolean isInPath(char c) {
    return isInName(c) || c == '/';
  }
}
