package dev.comptroller.e2e.controlplane;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One finished command of a test.
///
/// @param status its exit status
/// @param output what it said on both streams
record Run(int status, String output) {
  static Run of(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), output);
  }

  static Run kubectl(ControlPlane plane, Path kubeconfig, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(plane.kubectl().toString(), "--kubeconfig=" + kubeconfig));
    command.addAll(List.of(arguments));
    return of(command);
  }

  /// Whether a process is there and is no zombie that waits to be reaped.
  static boolean lives(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }
}
