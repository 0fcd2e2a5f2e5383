package dev.comptroller.reconcile.charges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.scale.WeekProfile;
import dev.comptroller.reconcile.archive.Archive;
import dev.comptroller.reconcile.charges.DemandMemory.Hour;
import dev.comptroller.reconcile.charges.DemandMemory.Usual;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DemandBookTest {
  private static final Instant AT = Instant.parse("2026-03-01T00:00:00Z");

  private static byte[] zipped(String text) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static DemandBook full(int deployments) {
    SortedMap<String, DemandMemory> all = new TreeMap<>();
    for (int d = 0; d < deployments; d++) {
      SortedMap<Long, Load> minutes = new TreeMap<>();
      for (long m = 0; m < 180; m++) {
        minutes.put(29_000_000 + m, new Load(90_000 + 7 * m * d, 30_000 + 3 * m, 100 + m));
      }
      SortedMap<Integer, Hour> hours = new TreeMap<>();
      for (int h = 0; h < WeekProfile.HOURS; h++) {
        hours.put(
            h, new Hour(2900, 9, 204_853, 61_234_567L + d * (long) h, 20_123_456, 12_345_678));
      }
      all.put(
          "model-" + d,
          new DemandMemory(
              new Usual(49_000, 36_000, 12_000),
              minutes,
              days(d),
              hours,
              new Pulse(1.5),
              AT.minusSeconds(5)));
    }
    all.put("never-asked", DemandMemory.NONE);
    return new DemandBook(AT, all);
  }

  /// Two days of which no minute is like another.
  private static PastDays days(int seed) {
    Random random = new Random(seed);
    int[] tokens = new int[PastDays.KEPT];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = i % 1_000 == 7 ? PastDays.UNKNOWN : 1_000 * (100 + random.nextInt(200));
    }
    return PastDays.of(29_000_180, tokens);
  }

  @Test
  void shouldReadBackWhatItWroteInTheSameBytes() {
    DemandBook book = full(3);
    DemandBook back = DemandBook.read(book.write());
    assertThat(back).isEqualTo(book);
    assertThat(back.write()).isEqualTo(book.write());
    assertThat(DemandBook.read(book.withoutDays().write()).deployments().values())
        .hasSize(4)
        .allMatch(memory -> memory.days().equals(PastDays.NONE))
        .anyMatch(memory -> !memory.minutes().isEmpty());
    assertThat(DemandBook.read(book.withoutMinutes().write()).deployments().values())
        .hasSize(4)
        .allMatch(memory -> memory.minutes().isEmpty())
        .allMatch(memory -> memory.days().equals(PastDays.NONE));
  }

  @Test
  void shouldKeepEightyDeploymentsInOneConfigMapAndMoreWithoutTheMinutesOfTheirDays() {
    assertThat(full(80).write()).hasSizeLessThan(Archive.MAX_BYTES);
    assertThat(full(100).write()).hasSizeGreaterThan(Archive.MAX_BYTES);
    assertThat(full(100).withoutDays().write()).hasSizeLessThan(Archive.MAX_BYTES);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | schema is",
        "{\"schema\":2} | schema is 2, not 1",
        "{\"schema\":1,\"at\":\"soon\"} | soon",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{}}}"
            + " | deployments.a.usual[0]",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"minutes\":{\"7\":[1,-2,3]}}}} | deployments.a.minutes.7[1] is -2, not a whole",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"minutes\":{\"x\":[1,2,3]}}}} | \"x\"",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"hours\":{\"168\":[1,1,1,1,1,1]}}}} | hours.168",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"lastRequest\":\"today\"}}} | lastRequest is",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"pulse\":4001}}} | deployments.a.pulse is 4001, not 1000 to 4000",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"days\":{\"tokens\":[1]}}}} | deployments.a.days.end is",
        "{\"schema\":1,\"at\":\"2026-03-01T00:00:00Z\",\"deployments\":{\"a\":{\"usual\":[1,2,3],"
            + "\"days\":{\"end\":9,\"tokens\":[1,-2]}}}} | days.tokens[1] is -2, not a whole"
      })
  void shouldRefuseWhatItDidNotWriteNamingTheField(String text, String says) throws Exception {
    byte[] bytes = zipped(text);
    assertThatThrownBy(() -> DemandBook.read(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(says);
  }

  @Test
  void shouldRefuseBytesThatAreNotCompressed() {
    assertThatThrownBy(() -> DemandBook.read(new byte[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
