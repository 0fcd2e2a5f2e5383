package dev.comptroller.e2e.controlplane;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A folder and child processes that never outlive this JVM, however it ends.
///
/// 1. A watchdog shell in a session of its own holds the read end of a pipe from this JVM.
/// 2. Every child leads a session of its own, works in the folder, and before it becomes its
///    program leaves a file named by its process id in `pids/`.
/// 3. When the pipe closes - by [#close] or because the JVM is gone, even by `kill -9` - the
///    watchdog renames `pids/`, kills the process groups named there, and removes the folder.
///
/// The rename closes the race: a child that has not left its file by then can no longer do so and
/// ends instead of starting. A process id that was reused is told by its working folder.
public final class Leash implements AutoCloseable {
  private static final String WATCHDOG =
      """
      folder=$1
      while read -r _; do :; done
      mv "$folder/pids" "$folder/pids.closed" 2>/dev/null || { rm -rf "$folder"; exit 0; }
      groups=
      for file in "$folder"/pids.closed/*; do
        pid=${file##*/}
        [ "$pid" != '*' ] || continue
        if [ -e "/proc/$pid" ]; then
          [ "$(readlink "/proc/$pid/cwd")" = "$folder" ] || continue
        fi
        kill -s KILL -- "-$pid" 2>/dev/null && groups="$groups $pid"
      done
      for pid in $groups; do
        n=0
        while [ $n -lt 40 ] && kill -s 0 -- "-$pid" 2>/dev/null; do
          case "$(cut -d ' ' -f 3 "/proc/$pid/stat" 2>/dev/null)" in Z | '') break ;; esac
          sleep 0.05
          n=$((n + 1))
        done
      done
      rm -rf "$folder" || { sleep 0.3; rm -rf "$folder"; }
      """;
  private static final String CHILD = "echo \"$0\" >\"pids/$$\" && exec \"$@\"";

  private final Path folder;
  private final Process watchdog;

  private Leash(Path folder, Process watchdog) {
    this.folder = folder;
    this.watchdog = watchdog;
  }

  /// Makes a new folder inside `parent` and puts it on a leash.
  public static Leash inNewFolder(Path parent, String prefix) {
    try {
      Files.createDirectories(parent);
      Path folder = Files.createTempDirectory(parent, prefix).toRealPath();
      Files.createDirectory(folder.resolve("pids"));
      Files.createDirectory(folder.resolve("logs"));
      Process watchdog =
          new ProcessBuilder("setsid", "sh", "-c", WATCHDOG, "watchdog", folder.toString())
              .directory(Path.of("/").toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
      return new Leash(folder, watchdog);
    } catch (IOException e) {
      throw new ControlPlaneException(
          "cannot make a working folder in %s with its watchdog (it needs sh and setsid): %s"
              .formatted(parent, e.getMessage()),
          e);
    }
  }

  /// The folder, removed at the end.
  public Path folder() {
    return folder;
  }

  /// Starts a program in the folder; its output goes to `logs/NAME.log`.
  public Child start(String name, List<String> command, Map<String, String> environment) {
    Path log = folder.resolve("logs").resolve(name + ".log");
    List<String> line = new ArrayList<>(List.of("setsid", "sh", "-c", CHILD, name));
    line.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      return new Child(name, builder.start(), log);
    } catch (IOException e) {
      throw new ControlPlaneException("cannot start %s: %s".formatted(name, e.getMessage()), e);
    }
  }

  /// Process ids of everything that was started and not stopped yet.
  public List<Long> processIds() {
    try (var files = Files.list(folder.resolve("pids"))) {
      return files.map(file -> Long.valueOf(file.getFileName().toString())).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /// Kills what still runs and removes the folder; returns when both are done.
  @Override
  public void close() {
    try {
      watchdog.getOutputStream().close();
      if (!watchdog.waitFor(10, TimeUnit.SECONDS)) {
        throw new ControlPlaneException(
            "the watchdog %d did not clear %s in 10 s; remove the folder by hand"
                .formatted(watchdog.pid(), folder));
      }
    } catch (IOException e) {
      throw new ControlPlaneException("cannot reach the watchdog of " + folder, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// One process on the leash.
  ///
  /// @param name what it is called in messages
  /// @param process the process
  /// @param log where its output goes
  public record Child(String name, Process process, Path log) {
    /// Asks the process to end, and kills it when it has not after a while; the pid file goes.
    public void stop(long graceMillis) {
      try {
        if (graceMillis > 0) {
          process.destroy();
        }
        if (graceMillis <= 0 || !process.waitFor(graceMillis, TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
          process.waitFor(5, TimeUnit.SECONDS);
        }
        Files.deleteIfExists(log.resolveSibling("../pids/" + process.pid()).normalize());
      } catch (IOException e) {
        throw new ControlPlaneException("cannot forget " + name, e);
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }

    /// The last lines of its output.
    public String lastLines(int count) {
      try {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
      } catch (IOException e) {
        return "(no output: " + e.getMessage() + ")";
      }
    }
  }
}
