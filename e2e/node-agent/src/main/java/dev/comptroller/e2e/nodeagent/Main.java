package dev.comptroller.e2e.nodeagent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Runs an agent until it is told to stop (SIGTERM or SIGINT).
@Command(
    name = "node-agent",
    mixinStandardHelpOptions = true,
    description =
        "Registers nodes with a cluster and runs the pods bound to them as local processes.")
public final class Main implements Callable<Integer> {
  @Option(
      names = "--config",
      required = true,
      description = "JSON file: folder, nodes, images, volumePaths and more.")
  private @Nullable Path config;

  @Option(
      names = "--kubeconfig",
      required = true,
      description = "The cluster to join, as somebody who may write nodes, pods and leases.")
  private @Nullable Path kubeconfig;

  private Main() {}

  /// Starts the program.
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    Path file = config;
    Path cluster = kubeconfig;
    if (file == null || cluster == null) {
      return CommandLine.ExitCode.USAGE;
    }
    NodeAgent agent;
    try {
      agent = NodeAgent.start(cluster, ConfigFile.read(file));
    } catch (ConfigFile.InvalidConfig e) {
      System.err.println("node-agent: " + file + ": " + e.getMessage());
      return CommandLine.ExitCode.USAGE;
    } catch (IOException e) {
      System.err.println("node-agent: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(
                    () -> {
                      try {
                        agent.close();
                      } catch (IOException e) {
                        System.err.println("node-agent: " + e.getMessage());
                      }
                      stopped.countDown();
                    }));
    System.out.printf(
        "node-agent: %d nodes registered, kubelet API on 127.0.0.1:%d%n",
        agent.nodes().size(), agent.port());
    stopped.await();
    return CommandLine.ExitCode.OK;
  }
}
