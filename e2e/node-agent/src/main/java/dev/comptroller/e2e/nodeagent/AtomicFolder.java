package dev.comptroller.e2e.nodeagent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// A folder whose files change all at once, laid out as the kubelet does it: the files lie in a
/// folder of one generation, `..data` is a link to the current generation that is swapped in one
/// rename, and the visible names are links through `..data`.
final class AtomicFolder {
  /// A file of the folder.
  record Content(ByteBuffer bytes, int mode) {
    static Content of(byte[] bytes, int mode) {
      return new Content(ByteBuffer.wrap(bytes), mode);
    }
  }

  private final Path folder;
  private Map<String, Content> held = Map.of();
  private int generation;

  AtomicFolder(Path folder) {
    this.folder = folder;
  }

  Path folder() {
    return folder;
  }

  /// Makes the folder hold exactly `files` (names may contain `/`); false if it already does.
  boolean write(Map<String, Content> files) throws IOException {
    if (generation > 0 && files.equals(held)) {
      return false;
    }
    String before = ".." + generation;
    Path next = folder.resolve(".." + ++generation);
    Files.createDirectories(next);
    for (var entry : files.entrySet()) {
      Path file = next.resolve(entry.getKey()).normalize();
      if (!file.startsWith(next)) {
        throw new IOException("path \"" + entry.getKey() + "\" leaves its volume");
      }
      Files.createDirectories(file.getParent());
      Files.write(file, entry.getValue().bytes().array());
      Files.setPosixFilePermissions(file, permissions(entry.getValue().mode()));
    }
    Path link = folder.resolve("..data_next");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, next.getFileName());
    Files.move(
        link,
        folder.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    linkNames(files.keySet());
    deleteTree(folder.resolve(before));
    held = Map.copyOf(files);
    return true;
  }

  private void linkNames(Set<String> files) throws IOException {
    Set<String> names = new HashSet<>();
    for (String file : files) {
      names.add(Path.of(file).getName(0).toString());
    }
    for (String name : names) {
      Path visible = folder.resolve(name);
      if (!Files.isSymbolicLink(visible)) {
        Files.createSymbolicLink(visible, Path.of("..data", name));
      }
    }
    List<Path> present;
    try (Stream<Path> all = Files.list(folder)) {
      present = all.toList();
    }
    for (Path path : present) {
      String name = path.getFileName().toString();
      if (!name.startsWith("..") && !names.contains(name)) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    var all = PosixFilePermission.values(); // OWNER_READ first, OTHERS_EXECUTE last.
    var set = EnumSet.noneOf(PosixFilePermission.class);
    for (int bit = 0; bit < 9; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        set.add(all[bit]);
      }
    }
    return set;
  }

  /// Deletes a folder and all in it, without following links; nothing if it is not there.
  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = walk.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
