package dev.comptroller.e2e.controlplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The launcher on the command line.
@Command(
    name = "control-plane",
    description = "A real Kubernetes control plane on loopback.",
    mixinStandardHelpOptions = true)
public final class Main implements Runnable {

  private Main() {}

  /// Entry point.
  public static void main(String[] arguments) {
    CommandLine line =
        new CommandLine(new Main())
            .addSubcommand(new Up())
            .setExecutionExceptionHandler(
                (failure, _, _) -> {
                  System.err.println(failure.getMessage());
                  return 1;
                });
    System.exit(line.execute(arguments));
  }

  @Override
  public void run() {
    new CommandLine(this).addSubcommand(new Up()).usage(System.err);
  }

  @Command(
      name = "up",
      description =
          "Starts it, prints the administrator's kubeconfig on standard output, and keeps it until"
              + " standard input ends, a signal comes or the parent process is gone.",
      mixinStandardHelpOptions = true)
  static final class Up implements Runnable {
    @Option(names = "--api-only", description = "Only etcd and the API server.")
    private boolean apiOnly;

    @Override
    public void run() {
      CountDownLatch end = new CountDownLatch(1);
      ParentProcess.whenGone(end::countDown);
      try (ControlPlane plane =
          ControlPlane.start(apiOnly ? Options.apiOnly() : Options.everything())) {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(plane::close));
        Thread.ofVirtual().start(() -> drain(System.in, end));
        System.out.println(plane.kubeconfig());
        end.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private static void drain(InputStream in, CountDownLatch end) {
      try (in) {
        in.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        // A broken standard input is an ended one.
      } finally {
        end.countDown();
      }
    }
  }
}
