package dev.comptroller.e2e.fleet;

import dev.comptroller.e2e.controlplane.Binaries;
import dev.comptroller.e2e.controlplane.ParentProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `up` and `demo` on the command line.
@Command(
    name = "./comptroller",
    description = "A local fleet with a real control plane.",
    mixinStandardHelpOptions = true,
    subcommands = {Main.Up.class, Main.Demonstrate.class})
public final class Main {
  private Main() {}

  /// Entry point; exits with 1 when something failed and 2 on wrong options.
  public static void main(String[] arguments) {
    CommandLine line =
        new CommandLine(new Main())
            .setExecutionExceptionHandler(
                (failure, _, _) -> {
                  System.err.println("comptroller: " + failure.getMessage());
                  return 1;
                });
    System.exit(line.execute(arguments));
  }

  private static LocalFleet start(ModelCache.Kind kind, List<Path> values) {
    FleetOptions defaults = FleetOptions.of(kind);
    return start(
        new FleetOptions(kind, defaults.nodes(), values, defaults.set(), defaults.images()));
  }

  private static LocalFleet start(FleetOptions options) {
    Progress progress = Progress.timed(System.err, InstantSource.system());
    LocalFleet fleet = LocalFleet.start(options, progress);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(fleet::close));
    return fleet;
  }

  @Command(
      name = "up",
      description = "Brings the fleet up and keeps it until Ctrl-C, or installs into a cluster.",
      mixinStandardHelpOptions = true)
  static final class Up implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--kubeconfig",
        paramLabel = "FILE",
        description = "install into the cluster of this kubeconfig instead of a local one")
    private @Nullable Path kubeconfig;

    @Option(
        names = "--values",
        paramLabel = "FILE",
        description = "values of the chart; repeatable")
    private List<Path> values = List.of();

    @Option(names = "--offline", description = "seeded stand-in models; downloads no model")
    private boolean offline;

    @Override
    public Integer call() throws IOException, InterruptedException {
      for (Path file : values) {
        requireFile("--values", file);
      }
      if (kubeconfig != null) {
        requireFile("--kubeconfig", kubeconfig);
        installInto(kubeconfig);
        return 0;
      }
      Instant before = Instant.now();
      CountDownLatch end = new CountDownLatch(1);
      ParentProcess.whenGone(end::countDown);
      ModelCache.Kind kind = offline ? ModelCache.Kind.SEEDED : ModelCache.Kind.REAL;
      try (LocalFleet fleet = start(kind, values)) {
        explain(fleet, kind, Duration.between(before, Instant.now()));
        end.await();
      }
      return 0;
    }

    private void requireFile(String option, Path file) {
      if (!Files.isReadable(file)) {
        throw new ParameterException(
            spec.commandLine(), "%s: cannot read %s".formatted(option, file.toAbsolutePath()));
      }
    }

    private void installInto(Path cluster) throws IOException {
      Repository repository = Repository.here();
      Binaries binaries = Binaries.pinned(true);
      Kubectl kubectl =
          new Kubectl(binaries.path("kubectl"), cluster.toAbsolutePath(), repository.root());
      Path folder = Files.createTempDirectory("comptroller-helm-");
      try {
        System.err.println("installing the chart with Helm ...");
        new Installation(repository, binaries.path("helm"), kubectl, folder)
            .upgrade(values, List.of());
      } finally {
        Folders.delete(folder);
      }
      System.out.println(
          """
          Comptroller is installed in the namespace %s.

            kubectl --kubeconfig=%s get pods -n %s
            kubectl --kubeconfig=%s apply -f YOUR-MODEL.yaml     # see samples/
            kubectl --kubeconfig=%s get md,ib,gnp -A\
          """
              .formatted(
                  Installation.NAMESPACE, cluster, Installation.NAMESPACE, cluster, cluster));
    }

    private static void explain(LocalFleet fleet, ModelCache.Kind kind, Duration took) {
      URI gateway = fleet.gateway();
      String samples = String.join(" -f ", fleet.repository().samples(kind));
      System.out.println(
          """

          The fleet is up after %.1f s; Ctrl-C takes everything down. The two nodes declare eight
          H100s each, but pods compute on this machine's CPU: prices are the sample's, tokens per
          second are this machine's.

            export KUBECONFIG=%s
            export PATH=%s:$PATH

          (the second is for the pinned kubectl and helm). Then a pool, a budget and a model:

            kubectl apply -f %s
            kubectl get md,ib,gnp -A
            kubectl describe md -A

          and, once the model is ready, tokens from the OpenAI address %s/v1:

            curl -N %s/v1/chat/completions -H 'content-type: application/json' -d \\
              '{"model":"%s","stream":true,"messages":[{"role":"user","content":"Tell me about Paris."}]}'\
          """
              .formatted(
                  took.toMillis() / 1000.0,
                  fleet.kubectl().kubeconfig(),
                  fleet.controlPlane().kubectl().getParent(),
                  samples,
                  gateway,
                  gateway,
                  switch (kind) {
                    case REAL -> "demo/smollm2";
                    case SEEDED -> "demo/seeded";
                  }));
      System.out.flush();
    }
  }

  @Command(
      name = "demo",
      description = "Brings the fleet up, serves a model, shows tokens and dollars, takes it down.",
      mixinStandardHelpOptions = true)
  static final class Demonstrate implements Callable<Integer> {
    @Option(names = "--offline", description = "seeded stand-in models; downloads no model")
    private boolean offline;

    @Override
    public Integer call() {
      Instant before = Instant.now();
      ParentProcess.whenGone(() -> System.exit(1));
      ModelCache.Kind kind = offline ? ModelCache.Kind.SEEDED : ModelCache.Kind.REAL;
      Demo.introduce(System.out, kind);
      try (LocalFleet fleet = start(FleetOptions.of(kind).withCredentials())) {
        new Demo(fleet, kind, System.out).run();
      }
      System.out.printf(
          "%nDone in %.1f s; every process and folder of it is gone, the caches stay.%n",
          Duration.between(before, Instant.now()).toMillis() / 1000.0);
      return 0;
    }
  }
}
