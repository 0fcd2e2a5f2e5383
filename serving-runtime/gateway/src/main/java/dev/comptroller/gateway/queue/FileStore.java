package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.durable.WritePoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Files of batches: bytes in one folder, their descriptions in the database.
///
/// A file's name on disk is its id, which is made here and never by a client, so no path can leave
/// the folder. A file is written beside its place, synced, and renamed: it is there whole or not at
/// all. Its row comes after it, so a row without bytes cannot be; bytes without a row are removed
/// at the next start. Bytes of a deleted file stay until no live batch reads them.
final class FileStore {
  private static final Pattern ID = Pattern.compile("file-[0-9a-f]{32}");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int LONGEST_NAME = 255;
  private static final String COLUMNS =
      "seq, id, namespace, feature, filename, purpose, bytes, lines, created_ms, expires_ms";

  private final QueueDatabase database;
  private final Path folder;
  private final Path drafts;
  private final Clock clock;
  private final WritePoint point;

  /// Files below a folder.
  FileStore(QueueDatabase database, Path folder, Clock clock) throws IOException {
    this(database, folder, clock, WritePoint.OPEN);
  }

  /// The same with a point of its writes.
  FileStore(QueueDatabase database, Path folder, Clock clock, WritePoint point) throws IOException {
    this.point = point;
    this.database = database;
    this.folder = folder.resolve("files");
    this.drafts = folder.resolve("drafts");
    this.clock = clock;
    Files.createDirectories(this.folder);
    Files.createDirectories(drafts);
  }

  /// A file that is being written; closing it without publishing leaves nothing.
  final class Draft implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private long bytes;
    private long lines;
    private boolean inLine;

    private Draft(String id) throws IOException {
      this.path = drafts.resolve(id);
      this.channel =
          FileChannel.open(
              path,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS));
    }

    void write(byte[] piece, int length) throws IOException {
      java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(piece, 0, length);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      bytes += length;
      for (int i = 0; i < length; i++) {
        if (piece[i] == '\n') {
          lines++;
          inLine = false;
        } else {
          inLine = true;
        }
      }
    }

    long bytes() {
      return bytes;
    }

    long lines() {
      return lines + (inLine ? 1 : 0);
    }

    /// Puts the bytes in their place, for good.
    void publish(String id) throws IOException {
      point.pass("file synced", WritePoint.Side.BEFORE);
      channel.force(true);
      point.pass("file synced", WritePoint.Side.AFTER);
      channel.close();
      point.pass("file in place", WritePoint.Side.BEFORE);
      Files.move(
          path,
          folder.resolve(id),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      syncFolder();
      point.pass("file in place", WritePoint.Side.AFTER);
    }

    @Override
    public void close() throws IOException {
      channel.close();
      remove("draft removed", path);
    }
  }

  /// What is to become of a draft.
  record Description(
      Owner owner, String filename, String purpose, @Nullable Duration expiresAfter) {}

  static String newId() {
    return "file-" + randomHex();
  }

  static String randomHex() {
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  Draft draft(String id) throws IOException {
    return new Draft(id);
  }

  /// Publishes a draft and returns when both its bytes and its row are durable.
  StoredFile keep(Draft draft, String id, Description description)
      throws IOException, SQLException, InterruptedException {
    draft.publish(id);
    Instant now = clock.instant();
    return database.write(connection -> insert(connection, id, description, draft, now));
  }

  /// Adds the row of published bytes; again without effect.
  StoredFile insert(
      Connection connection, String id, Description description, Draft draft, Instant now)
      throws SQLException {
    String name = description.filename();
    Sql.update(
        connection,
        "INSERT INTO file (id, namespace, feature, filename, purpose, bytes, lines, created_ms,"
            + " expires_ms) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
        id,
        description.owner().namespace(),
        description.owner().feature(),
        name.substring(0, Math.min(name.length(), LONGEST_NAME)),
        description.purpose(),
        draft.bytes(),
        draft.lines(),
        now.toEpochMilli(),
        description.expiresAfter() == null
            ? null
            : Long.valueOf(now.plus(description.expiresAfter()).toEpochMilli()));
    return Sql.first(
            connection, "SELECT " + COLUMNS + " FROM file WHERE id = ?", FileStore::file, id)
        .orElseThrow(() -> new SQLException("file " + id + " was not kept"));
  }

  /// A file of an owner.
  Optional<StoredFile> find(Owner owner, String id) throws SQLException {
    if (!ID.matcher(id).matches()) {
      return Optional.empty();
    }
    long now = clock.millis();
    return database.read(
        connection ->
            Sql.first(
                connection,
                "SELECT "
                    + COLUMNS
                    + " FROM file WHERE id = ? AND namespace = ? AND feature = ? AND deleted = 0"
                    + " AND (expires_ms IS NULL OR expires_ms > ?)",
                FileStore::file,
                id,
                owner.namespace(),
                owner.feature(),
                now));
  }

  /// Files of an owner in the order of their creation, one page.
  ///
  /// @param purpose to keep to; empty for all
  /// @param after sequence to start behind; absent to start at the first
  List<StoredFile> list(
      Owner owner, String purpose, boolean ascending, @Nullable Long after, int limit)
      throws SQLException {
    long start = after != null ? after : ascending ? 0 : Long.MAX_VALUE;
    long now = clock.millis();
    return database.read(
        connection ->
            Sql.list(
                connection,
                "SELECT "
                    + COLUMNS
                    + " FROM file WHERE namespace = ? AND feature = ? AND deleted = 0"
                    + " AND (? = '' OR purpose = ?) AND (expires_ms IS NULL OR expires_ms > ?)"
                    + (ascending ? " AND seq > ? ORDER BY seq" : " AND seq < ? ORDER BY seq DESC")
                    + " LIMIT ?",
                FileStore::file,
                owner.namespace(),
                owner.feature(),
                purpose,
                purpose,
                now,
                start,
                limit));
  }

  /// Hides a file from its owner; its bytes go when nobody reads them.
  void delete(StoredFile file) throws SQLException, InterruptedException {
    int _ =
        database.write(
            connection ->
                Sql.update(connection, "UPDATE file SET deleted = 1 WHERE id = ?", file.id()));
  }

  /// Opens the bytes of a file.
  InputStream open(String id) throws IOException {
    return Channels.newInputStream(channel(id));
  }

  /// Opens the bytes of a file for reading anywhere.
  FileChannel channel(String id) throws IOException {
    if (!ID.matcher(id).matches()) {
      throw new IOException("not the id of a file: " + id);
    }
    return FileChannel.open(
        folder.resolve(id), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  /// Removes what a crash left over: drafts, and published bytes whose row never came.
  void recover() throws IOException, SQLException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(drafts)) {
      for (Path path : left) {
        remove("draft removed", path);
      }
    }
    try (DirectoryStream<Path> kept = Files.newDirectoryStream(folder)) {
      for (Path path : kept) {
        String id = String.valueOf(path.getFileName());
        long known =
            database.read(
                connection ->
                    Sql.number(connection, "SELECT COUNT(*) FROM file WHERE id = ?", id)
                        + Sql.number(
                            connection,
                            "SELECT COUNT(*) FROM batch WHERE output_file = ? OR error_file = ?",
                            id,
                            id));
        if (known == 0) {
          remove("file removed", path);
        }
      }
    }
  }

  /// Deletes files whose time has come, and the bytes of deleted ones that no live batch reads.
  void sweep() throws IOException, SQLException, InterruptedException {
    long now = clock.millis();
    List<String> gone =
        database.read(
            connection ->
                Sql.list(
                    connection,
                    "SELECT id FROM file WHERE (deleted = 1 OR expires_ms <= ?) AND id NOT IN"
                        + " (SELECT input_file FROM batch WHERE state NOT IN"
                        + " ('completed', 'failed', 'expired', 'cancelled'))",
                    row -> row.getString(1),
                    now));
    for (String id : gone) {
      remove("file removed", folder.resolve(id));
      int _ =
          database.write(connection -> Sql.update(connection, "DELETE FROM file WHERE id = ?", id));
    }
  }

  private void remove(String write, Path path) throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      point.pass(write, WritePoint.Side.BEFORE);
      Files.deleteIfExists(path);
      point.pass(write, WritePoint.Side.AFTER);
    }
  }

  private void syncFolder() throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static StoredFile file(ResultSet row) throws SQLException {
    Long expires = Sql.maybeLong(row, "expires_ms");
    return new StoredFile(
        row.getLong("seq"),
        row.getString("id"),
        new Owner(row.getString("namespace"), row.getString("feature")),
        row.getString("filename"),
        row.getString("purpose"),
        row.getLong("bytes"),
        row.getLong("lines"),
        Instant.ofEpochMilli(row.getLong("created_ms")),
        expires == null ? null : Instant.ofEpochMilli(expires));
  }
}
