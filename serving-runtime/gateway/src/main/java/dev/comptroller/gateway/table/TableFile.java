package dev.comptroller.gateway.table;

import dev.comptroller.gateway.durable.WritePoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/// The last good routing table on disk: replaced atomically, never half written.
///
/// @param path the file
/// @param point of its writes
public record TableFile(Path path, WritePoint point) {
  /// The file of a gateway in service.
  public TableFile(Path path) {
    this(path, WritePoint.OPEN);
  }

  /// Its bytes; empty if there is none yet.
  public Optional<byte[]> read() throws IOException {
    try {
      return Optional.of(Files.readAllBytes(path));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /// Replaces it, unless it holds these bytes already.
  public void write(byte[] bytes) throws IOException {
    Optional<byte[]> old = read();
    if (old.isPresent() && Arrays.equals(old.get(), bytes)) {
      return;
    }
    Path next = path.resolveSibling(path.getFileName() + ".next");
    try (FileChannel out =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        out.write(left);
      }
      point.pass("table synced", WritePoint.Side.BEFORE);
      out.force(true);
      point.pass("table synced", WritePoint.Side.AFTER);
    }
    point.pass("table in place", WritePoint.Side.BEFORE);
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    point.pass("table in place", WritePoint.Side.AFTER);
  }
}
