package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.LedgerSettings.Database;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// A real PostgreSQL in a folder of its own, on a loopback port, with its safe defaults.
///
/// It refuses to run as root, so there it runs as nobody. It ends with this process, however that
/// ends: its keeper waits for the end of a pipe.
public final class PostgresServer implements AutoCloseable {
  private static final String VERSION = "17.2.0";
  private static final String USER = "comptroller";
  private static final String PASSWORD = "a password of the tests";
  private static final boolean ROOT = System.getProperty("user.name").equals("root");
  private static final String NOBODY = "65534";

  private final Path folder;
  private final int port;
  private final Process keeper;
  private final AtomicInteger databases = new AtomicInteger();

  private PostgresServer(Path folder, int port, Process keeper) {
    this.folder = folder;
    this.port = port;
    this.keeper = keeper;
  }

  /// Starts one; it takes connections when this returns.
  public static PostgresServer start() throws IOException, InterruptedException, SQLException {
    Path programs = programs();
    Path folder = Files.createTempDirectory("comptroller-postgres-");
    if (ROOT) {
      Files.setOwner(
          folder,
          folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(NOBODY));
    }
    Path password = folder.resolve("password");
    Files.writeString(password, PASSWORD);
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
    Path data = folder.resolve("data");
    run(
        folder,
        as(
            List.of(
                programs.resolve("bin/initdb").toString(),
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "--username=" + USER,
                "--auth=scram-sha-256",
                "--pwfile=" + password,
                "--pgdata=" + data)));
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add("/bin/sh");
    command.add("-c");
    command.add(
        "folder=$1; shift; \"$@\" >\"$folder/log\" 2>&1 </dev/null & p=$!; read _; kill -QUIT $p;"
            + " wait $p; rm -rf \"$folder\"");
    command.add("keeper");
    command.add(folder.toString());
    command.addAll(
        as(
            List.of(
                programs.resolve("bin/postgres").toString(),
                "-D",
                data.toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "shared_buffers=64MB")));
    Process keeper =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    PostgresServer server = new PostgresServer(folder, port, keeper);
    server.awaitReady();
    return server;
  }

  /// A new, empty database.
  Database.Postgres fresh() throws SQLException {
    String name = "ledger_" + databases.incrementAndGet();
    execute("postgres", "CREATE DATABASE " + name);
    return at(name);
  }

  /// A new database with the content of one that nobody is connected to.
  Database.Postgres copy(String template) throws SQLException {
    String name = "ledger_" + databases.incrementAndGet();
    execute("postgres", "CREATE DATABASE %s TEMPLATE %s".formatted(name, template));
    return at(name);
  }

  Database.Postgres at(String database) {
    return new Database.Postgres(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database), USER, PASSWORD);
  }

  /// Runs a statement as the superuser.
  void execute(String database, String sql) throws SQLException {
    try (Connection connection = connect(at(database));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static Connection connect(Database.Postgres where) throws SQLException {
    return DriverManager.getConnection(where.url(), where.user(), where.password());
  }

  @Override
  public void close() throws IOException {
    keeper.getOutputStream().close();
    keeper.onExit().join();
  }

  private void awaitReady() throws InterruptedException, IOException, SQLException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      try {
        connect(at("postgres")).close();
        return;
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          String log = Files.readString(folder.resolve("log"));
          close();
          throw new SQLException("PostgreSQL did not start:\n" + log, e);
        }
        Thread.sleep(20);
      }
    }
  }

  private static List<String> as(List<String> command) {
    if (!ROOT) {
      return command;
    }
    List<String> dropped = new ArrayList<>();
    dropped.addAll(
        List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
    dropped.addAll(command);
    return dropped;
  }

  private static void run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed:\n" + said);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// The unpacked programs: unpacked once for each user of the machine, whole or not at all.
  private static Path programs() throws IOException {
    Path wanted =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "comptroller-postgres-%s-%s".formatted(VERSION, System.getProperty("user.name")));
    if (Files.isDirectory(wanted)) {
      return wanted;
    }
    Path fresh = Files.createTempDirectory("comptroller-postgres-programs-");
    try (InputStream packed =
        PostgresServer.class.getResourceAsStream("/postgres-linux-x86_64.txz")) {
      if (packed == null) {
        throw new IOException("the programs of PostgreSQL are not on the class path");
      }
      unpack(packed, fresh);
    }
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
    try {
      return Files.move(fresh, wanted, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw e;
    } catch (FileSystemException e) {
      if (Files.isDirectory(wanted, LinkOption.NOFOLLOW_LINKS)) {
        return wanted;
      }
      throw e;
    }
  }

  private static void unpack(InputStream packed, Path target) throws IOException {
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(packed))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("leaves its folder: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else if (entry.isSymbolicLink()) {
          Files.createDirectories(path.getParent());
          Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else {
          Files.createDirectories(path.getParent());
          Files.copy(tar, path);
          if ((entry.getMode() & 0100) != 0) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
          }
        }
      }
    }
  }
}
