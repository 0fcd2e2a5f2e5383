package dev.comptroller.e2e.nodeagent;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Starts processes that cannot outlive this program, however it dies.
///
/// Every process leads a process group of its own. A watchdog, a shell in a session of its own,
/// reads from a pipe which groups exist; when the pipe ends, because this program closed it or was
/// killed, it kills the groups that are left. A process waits for a word on its standard input
/// before it runs its program and gets it only after its group is known to the watchdog, so there
/// is no moment at which it could be missed.
final class ProcessGroups implements AutoCloseable {
  private static final String WATCHDOG =
      """
      trap '' HUP INT TERM
      groups=
      while read -r verb group; do
        case $verb in
          add) groups="$groups $group" ;;
          kill) kill -s KILL -- "-$group" ;;
          end)
            kill -s KILL -- "-$group"
            kept=
            for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done
            groups=$kept
            ;;
        esac
      done
      for g in $groups; do kill -s KILL -- "-$g"; done
      """;
  private static final String WAIT_FOR_A_WORD = "read -r go || exit 125; exec \"$@\" </dev/null";

  private final Process watchdog;
  private final BufferedWriter words;

  ProcessGroups() throws IOException {
    watchdog =
        new ProcessBuilder("setsid", "/bin/sh", "-c", WATCHDOG)
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD)
            .directory(new java.io.File("/"))
            .start();
    words = watchdog.outputWriter(StandardCharsets.US_ASCII);
  }

  /// Starts a program; its output and error output come through one pipe.
  Process start(List<String> words, Map<String, String> environment, Path directory)
      throws IOException {
    List<String> argv = new ArrayList<>(words.size() + 5);
    argv.addAll(List.of("setsid", "/bin/sh", "-c", WAIT_FOR_A_WORD, "container"));
    argv.addAll(words);
    var builder = new ProcessBuilder(argv).redirectErrorStream(true).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      tell("add", process.pid());
      in.write('\n');
    } catch (IOException e) {
      if (!process.isAlive()) {
        return process; // Its end says why.
      }
      process.destroyForcibly();
      throw e;
    }
    return process;
  }

  /// Kills every process of the group.
  void kill(Process leader) {
    tellOrIgnore("kill", leader.pid());
  }

  /// Kills what is left of the group of a leader that has ended, and forgets it.
  void end(Process leader) {
    tellOrIgnore("end", leader.pid());
  }

  private void tellOrIgnore(String verb, long group) {
    try {
      tell(verb, group);
    } catch (IOException e) {
      // The watchdog is gone only if somebody killed it: kill what can be killed from here.
      ProcessHandle.of(group).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private void tell(String verb, long group) throws IOException {
    synchronized (words) {
      words.write(verb + " " + group + "\n");
      words.flush();
    }
  }

  /// Kills all groups that are left.
  @Override
  public void close() throws IOException {
    words.close();
    try {
      watchdog.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
