package dev.comptroller.gateway.table;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Watches a file by polling.
///
/// Polling also sees what mounted ConfigMaps do (a link in the path is swapped) and what network
/// file systems do not announce. A file whose time, size and key are unchanged is not read again,
/// and a file that is refused is not offered again until it changes.
public final class FileSource implements TableSource {
  private static final Logger LOG = System.getLogger(FileSource.class.getName());

  private record Stamp(long modified, long size, @Nullable Object key) {}

  private final Path file;
  private final LiveTable table;
  private final Poller poller;
  private @Nullable Stamp seen;
  private boolean missing;

  /// A source that looks at a file now and then.
  public FileSource(Path file, LiveTable table, Duration interval) {
    this.file = file;
    this.table = table;
    this.poller = new Poller("routing-file", interval, this::look);
  }

  @Override
  public void start() {
    poller.start();
  }

  @Override
  public void close() {
    poller.close();
  }

  private void look() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Stamp stamp =
          new Stamp(now.lastModifiedTime().to(TimeUnit.NANOSECONDS), now.size(), now.fileKey());
      if (!stamp.equals(seen)) {
        byte[] bytes = Files.readAllBytes(file);
        seen = stamp;
        table.offer(bytes, file.toString());
      }
      missing = false;
    } catch (IOException e) {
      seen = null;
      if (!missing) {
        missing = true;
        table.absent(file.toString());
        LOG.log(Level.DEBUG, "routing file", e);
      }
    }
  }
}
