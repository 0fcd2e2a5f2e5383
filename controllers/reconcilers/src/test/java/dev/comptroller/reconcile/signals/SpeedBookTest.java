package dev.comptroller.reconcile.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.capacity.FirstTokenCost;
import dev.comptroller.decide.capacity.FirstTokenFit;
import dev.comptroller.decide.capacity.Fit;
import dev.comptroller.decide.capacity.Physics;
import dev.comptroller.decide.capacity.StepSample;
import dev.comptroller.decide.capacity.Workload;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.signals.SpeedMemory.Usual;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is remembered of speeds, written and read.
class SpeedBookTest {
  private static final Instant AT = Instant.parse("2026-03-01T00:00:00Z");
  private static final int MOST = Archive.MAX_BYTES;

  /// Steps of a replica, with pauses, and with a change of speed now and then.
  private static final class Steps {
    private final Random random;
    private double by = 1;

    Steps(long seed) {
      random = new Random(seed);
    }

    StepSample next() {
      by = random.nextInt(200) == 0 ? 0.5 + 2 * random.nextDouble() : by;
      double pause = random.nextInt(30) == 0 ? 20 : 1;
      double sequences = 1 + random.nextInt(64);
      double kv = 500 * sequences;
      double tokens = sequences + random.nextInt(2_048);
      double seconds = by * pause * SteppingEngine.TRUTH.seconds(sequences, tokens, kv) * noise();
      return StepSample.one(sequences, tokens, kv, seconds);
    }

    FirstTokenFit first(FirstTokenFit fit) {
      Workload mix =
          new Workload(
              Math.exp(3 + 6 * random.nextDouble()), 1 + random.nextInt(900), random.nextDouble());
      double sequences = Math.exp(5 * random.nextDouble());
      double seconds = by * (0.05 + 5e-5 * mix.computedInput() + 1e-3 * sequences) * noise();
      return fit.seeing(mix, sequences, seconds, 1 + random.nextInt(3));
    }

    private double noise() {
      return Math.max(0.1, 1 + 0.1 * random.nextGaussian());
    }
  }

  private static SpeedMemory learned(Steps steps, int samples, Instant at) {
    Fit fit = Fit.from(Physics.stepBelief(steps.next()), Fit.STEP_NOISE);
    FirstTokenFit firsts = FirstTokenFit.from(new FirstTokenCost(0.06, 3e-5, 1e-4, 1e-6));
    for (int i = 0; i < samples; i++) {
      fit = fit.seeing(steps.next());
      firsts = steps.first(firsts);
    }
    return new SpeedMemory(
        SomeVariants.SUBJECT,
        at,
        Duration.ofSeconds(15L * samples, 123_456_789),
        new Usual(49.3 + samples / 7.0, 20_000.1, 3e3, 4_900.7),
        samples % 2 == 0 ? Double.POSITIVE_INFINITY : 400_000.0 / 7,
        fit,
        firsts);
  }

  private static SpeedBook book(int variants, SpeedMemory... memories) {
    SortedMap<String, SortedMap<String, SpeedMemory>> deployments = new TreeMap<>();
    for (int i = 0; i < variants; i++) {
      deployments
          .computeIfAbsent("chat-%04d".formatted(i / 4), _ -> new TreeMap<>())
          .put("v" + i % 4, memories[i % memories.length]);
    }
    return new SpeedBook(AT, deployments);
  }

  private static SpeedMemory only(SpeedBook book) {
    return book.deployments().values().iterator().next().values().iterator().next();
  }

  private static FirstTokenFit firsts(SpeedMemory memory) {
    return Objects.requireNonNull(memory.firsts());
  }

  @Property(tries = 200)
  void shouldReadExactlyWhatItWroteAndLearnOnTheSame(
      @ForAll @LongRange(max = 1 << 20) long seed, @ForAll @IntRange(max = 400) int samples) {
    SpeedMemory memory = learned(new Steps(seed), samples, AT.minusSeconds(samples));
    SpeedBook book = book(1, memory);
    byte[] bytes = book.write(MOST);
    SpeedBook back = SpeedBook.read(bytes);
    assertThat(back).isEqualTo(book);
    assertThat(back.write(MOST)).isEqualTo(bytes);
    assertThat(only(back).steps().stepCost()).isEqualTo(memory.steps().stepCost());
    Fit one = memory.steps();
    Fit other = only(back).steps();
    FirstTokenFit first = firsts(memory);
    FirstTokenFit second = firsts(only(back));
    Steps more = new Steps(seed + 1);
    Steps same = new Steps(seed + 1);
    for (int i = 0; i < 50; i++) {
      one = one.seeing(more.next());
      other = other.seeing(same.next());
      first = more.first(first);
      second = same.first(second);
    }
    assertThat(other).isEqualTo(one);
    assertThat(second).isEqualTo(first);
    assertThat(second.curve()).isEqualTo(first.curve());
  }

  @Test
  void shouldReadWhatWasNeverTold() {
    SpeedMemory memory = learned(new Steps(3), 40, AT);
    SpeedMemory without =
        new SpeedMemory(memory.subject(), AT, Duration.ZERO, Usual.NONE, 1, memory.steps(), null);
    assertThat(only(SpeedBook.read(book(1, without).write(MOST)))).isEqualTo(without);
  }

  @Test
  void shouldKeepAHundredVariantsWithAllTheirPlacesInOneConfigMap() {
    SpeedMemory[] memories = new SpeedMemory[100];
    for (int i = 0; i < memories.length; i++) {
      memories[i] = learned(new Steps(i), 400, AT);
    }
    assertThat(firsts(memories[7]).bends().seen()).hasSize(64);
    SpeedBook book = book(100, memories);
    assertThat(book.write(MOST)).hasSizeLessThan(MOST);
    assertThat(SpeedBook.read(book.write(MOST))).isEqualTo(book);
  }

  @Test
  void shouldLeaveOutPlacesAndThenTheOldestWhereAllAreTooMuch() {
    SpeedMemory[] memories = new SpeedMemory[64];
    for (int i = 0; i < memories.length; i++) {
      memories[i] = learned(new Steps(i), 200, AT.minusSeconds(60L * i));
    }
    SpeedBook book = book(64, memories);
    byte[] bytes = book.write(100_000);
    assertThat(bytes).hasSizeLessThan(100_000);
    for (int i = 0; i < memories.length; i++) {
      memories[i] = memories[i].straight();
    }
    assertThat(SpeedBook.read(bytes)).isEqualTo(book(64, memories));

    bytes = book.write(30_000);
    assertThat(bytes).hasSizeLessThan(30_000);
    SpeedBook latest = SpeedBook.read(bytes);
    assertThat(latest.deployments().values().stream().flatMap(it -> it.values().stream()))
        .hasSize(32)
        .allMatch(memory -> memory.at().isAfter(AT.minusSeconds(60L * 32)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ".* | [] | schema is",
        "\"schema\":1 | \"schema\":2 | schema is 2, not 1",
        "\\{\"schema\":1,\"at\":\"[^\"]*\" | {\"schema\":1,\"at\":\"soon\" | at is \"soon\"",
        "\"at\":\"2026-02[^\"]*\" | \"at\":\"2027-02-01T00:00:00Z\" | nobody can have seen",
        "\"observed\":\"[^\"]*\" | \"observed\":\"PT-5S\" | chat-0000.v0: holds figures",
        "\"observed\":\"[^\"]*\" | \"observed\":\"long\" | observed is \"long\", not a duration",
        "\"observed\":\"[^\"]*\" | \"observed\":\"PT876000H\" | chat-0000.v0: holds figures",
        "\"deployment\":\"[^\"]*\" | \"deployment\":7 | v0.deployment is 7, not text",
        "\"kvTokens\":[^,]* | \"kvTokens\":0.5 | chat-0000.v0: holds figures",
        "\"usual\":\\[ | \"usual\":[1, | v0.usual is",
        "\"usual\":\\[ | \"usual\":[- | chat-0000.v0: holds figures",
        "\"noise\":[^,]* | \"noise\":\"NaN\" | steps.noise is \"NaN\", not a finite number",
        "\"noise\":[^,]* | \"noise\":1e999 | steps.noise is",
        "\"noise\":[^,]* | \"noise\":7.0 | chat-0000.v0: holds figures",
        "\"streak\":[^,]* | \"streak\":9 | chat-0000.v0: holds figures",
        "\"streak\":[^,]* | \"streak\":99999999999 | chat-0000.v0: holds figures",
        "\"up\":[^,]* | \"up\":-1.0 | chat-0000.v0: holds figures",
        "\"drifts\":[^,}]* | \"drifts\":-1 | steps.drifts is -1, not a whole number",
        "\"mean\":\\[ | \"mean\":[0.1, | prior.mean is",
        "\"mean\":\\[[^,]* | \"mean\":[1e9 | chat-0000.v0: holds figures",
        "\"covariance\":\\[ | \"covariance\":[- | chat-0000.v0: holds figures",
        "\"covariance\":\\[[^,]*, | \"covariance\":[0.0, | chat-0000.v0: holds figures",
        "\"bends\":\\[\\[ | \"bends\":[[1, | firsts.bends[0] is",
        "\"bends\":\\[\\[[^,]* | \"bends\":[[-1.0 | chat-0000.v0: holds figures",
        "\"bends\":\\[\\[[^,]* | \"bends\":[[99.0 | chat-0000.v0: holds figures",
        "\"samples\":40,\"bends\" | \"samples\":4,\"bends\" | chat-0000.v0: holds figures"
      })
  void shouldRefuseWhatItDidNotWriteNamingTheField(String part, String by, String says)
      throws IOException {
    SpeedMemory memory = learned(new Steps(5), 40, Instant.parse("2026-02-28T23:00:00Z"));
    SpeedMemory known =
        new SpeedMemory(
            memory.subject(),
            memory.at(),
            memory.observed(),
            memory.usual(),
            5_000,
            memory.steps(),
            memory.firsts());
    String text = text(book(1, known).write(MOST));
    String broken = text.replaceFirst(part, by);
    assertThat(broken).isNotEqualTo(text);
    byte[] bytes = zipped(broken);
    assertThatThrownBy(() -> SpeedBook.read(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(says);
  }

  @Test
  void shouldRefuseBytesThatAreNotCompressed() {
    assertThatThrownBy(() -> SpeedBook.read(new byte[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String text(byte[] bytes) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static byte[] zipped(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
