package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ends the gateway before and after each of its durable writes: `-Dcrash=full` for all of them.
class CrashPointsTest {
  private static final int SAMPLE = 4;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Thread.@Nullable UncaughtExceptionHandler before;

  /// The threads of a process that is gone end without a word.
  @BeforeEach
  void silence() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> {
          if (!(e instanceof StopAt.Stopped)) {
            e.printStackTrace();
          }
        });
  }

  @AfterEach
  void restore() {
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  @Test
  void shouldEndInTheSameStateWhicheverDurableWriteItDiesBeforeOrAfter() throws Exception {
    StopAt never = new StopAt(-1);
    End undisturbed = new Story(folder.resolve("calm"), never).run(never);
    List<String> passed = never.passed();
    assertThat(passed)
        .contains(
            "AFTER ledger commit",
            "AFTER queue commit",
            "AFTER table in place",
            "AFTER file in place",
            "AFTER file removed",
            "AFTER draft removed");
    assertThat(undisturbed.leftovers()).isZero();
    List<Integer> points = points(passed);
    Map<Integer, String> wrong = new LinkedHashMap<>();
    for (int point : points) {
      StopAt stop = new StopAt(point);
      String where = "pass %d, %s".formatted(point, passed.get(point));
      End end;
      try {
        end = new Story(folder.resolve("at-" + point), stop).run(stop);
      } catch (Exception | AssertionError e) {
        throw new AssertionError(where + ": " + e + "; before: " + wrong.values(), e);
      }
      assertThat(stop.stopped()).as(where).isTrue();
      if (!end.equals(undisturbed)) {
        wrong.put(point, where + "\n  " + end + "\n  instead of\n  " + undisturbed);
      }
    }
    System.out.printf(
        "crash points: %d of %d sides of %d durable writes%n",
        points.size(), passed.size(), passed.size() / 2);
    assertThat(wrong.values()).isEmpty();
  }

  /// All of them, or some that are spread over the story; the first of each kind among them.
  private static List<Integer> points(List<String> passed) {
    boolean full = "full".equals(System.getProperty("crash"));
    List<Integer> points = new ArrayList<>();
    for (int i = 0; i < passed.size(); i++) {
      if (full || passed.indexOf(passed.get(i)) == i || i % (passed.size() / SAMPLE) == 0) {
        points.add(i);
      }
    }
    return points;
  }
}
