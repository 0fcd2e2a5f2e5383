package dev.comptroller.reconcile.trace;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// `./comptroller replay FILE`: makes the decision of a trace again and says whether it differs.
///
/// Exit code 0: the same; 1: another one; 2: the file cannot be read.
public final class Main {
  private Main() {}

  /// Runs the command.
  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  static int run(String[] arguments, PrintStream out, PrintStream err) {
    if (arguments.length != 1) {
      err.println("usage: ./comptroller replay FILE");
      return 2;
    }
    String text;
    try {
      text = Files.readString(Path.of(arguments[0]), StandardCharsets.UTF_8);
    } catch (NoSuchFileException absent) {
      err.printf("replay: there is no file %s%n", arguments[0]);
      return 2;
    } catch (IOException unreadable) {
      err.printf("replay: cannot read %s: %s%n", arguments[0], unreadable);
      return 2;
    }
    return switch (TraceCodec.read(text)) {
      case TraceCodec.Reading.Bad(var problem) -> {
        problem.lines().forEach(line -> err.printf("replay: %s: %s%n", arguments[0], line));
        yield 2;
      }
      case TraceCodec.Reading.Good(var trace) -> report(trace, out);
    };
  }

  private static int report(Trace trace, PrintStream out) {
    Replay replay = Replay.of(trace);
    out.printf(
        "namespace %s, budget %s, decided at %s%n",
        trace.policy().namespace(), trace.policy().budget(), trace.at());
    out.print(replay.text());
    if (replay.isSame()) {
      out.println("replayed: the same decision");
      return 0;
    }
    replay.differences().forEach(out::println);
    out.printf("replayed: another decision, %d differences%n", replay.differences().size());
    return 1;
  }
}
