package dev.comptroller.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.gateway.identity.TokenReviews.Review;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class IdentityTest {
  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
  private static final SecureRandom RANDOM = new SecureRandom();

  private static CredentialEntry entry(String keys) throws CredentialEntry.Bad {
    return CredentialEntry.read(
        "Secret a", Map.of("namespace", "shop", "features", "search", "keys", keys));
  }

  @Test
  void shouldMakeKeysOfTwoHundredAndFiftySixRandomBitsThatParse() {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      ApiKey key = ApiKey.random(RANDOM);
      assertThat(key.text()).startsWith("cmp_").hasSize(4 + 8 + 1 + 43);
      assertThat(ApiKey.parse(key.text())).contains(key);
      assertThat(seen.add(key.text())).isTrue();
    }
  }

  @Test
  void shouldKeepOnlyHashesAndKnowAKeyUntilItsEnd() throws Exception {
    ApiKey key = ApiKey.random(RANDOM);
    CredentialEntry.Key kept = CredentialEntry.Key.of(key).until(NOW.plusSeconds(60));
    assertThat(kept.line()).doesNotContain(key.text().substring(13));
    KeyRing ring = new KeyRing(List.of(entry(kept.line())));
    assertThat(ring.find(key, NOW)).map(Credential::namespace).contains("shop");
    assertThat(ring.find(key, NOW.plusSeconds(60))).isEmpty();
    String text = key.text();
    char last = text.charAt(text.length() - 1) == 'A' ? 'B' : 'A';
    ApiKey forged = new ApiKey(key.id(), text.substring(0, text.length() - 1) + last);
    assertThat(ring.find(forged, NOW)).isEmpty();
    assertThat(ring.find(ApiKey.random(RANDOM), NOW)).isEmpty();
  }

  @Test
  void shouldLetTheOldAndTheNewKeyWorkWhileOneIsRotated() throws Exception {
    ApiKey old = ApiKey.random(RANDOM);
    ApiKey next = ApiKey.random(RANDOM);
    KeyRing ring =
        new KeyRing(
            List.of(
                entry(
                    CredentialEntry.Key.of(old).until(NOW.plus(Duration.ofHours(24))).line()
                        + "\n"
                        + CredentialEntry.Key.of(next).line())));
    assertThat(ring.find(old, NOW)).isPresent();
    assertThat(ring.find(next, NOW)).isPresent();
    assertThat(ring.find(old, NOW.plus(Duration.ofHours(25)))).isEmpty();
    assertThat(ring.find(next, NOW.plus(Duration.ofHours(25)))).isPresent();
  }

  /// Fields of a credential and what must be said about them.
  record BadEntry(Map<String, String> fields, String says) {}

  static final List<BadEntry> BAD =
      List.of(
          new BadEntry(Map.of(), "namespace must be the name of a namespace, is \"\""),
          new BadEntry(Map.of("namespace", "a/b"), "namespace must be"),
          new BadEntry(Map.of("namespace", "a", "features", ","), "features must name at least"),
          new BadEntry(Map.of("namespace", "a", "features", "x y"), "features must be a comma"),
          new BadEntry(Map.of("namespace", "a", "classes", "fast"), "classes must be some of"),
          new BadEntry(Map.of("namespace", "a", "classes", ""), "classes must name at least"),
          new BadEntry(Map.of("namespace", "a", "keys", "x"), "line 1 of keys must be keyId"),
          new BadEntry(
              Map.of("namespace", "a", "keys", "\n0a1b2c3d:abc"),
              "line 2 of keys: the hash of key 0a1b2c3d must be 64"),
          new BadEntry(
              Map.of("namespace", "a", "keys", "0a1b2c3d:" + "0".repeat(64) + ":soon"),
              "notAfter of key 0a1b2c3d must be an instant"),
          new BadEntry(
              Map.of("namespace", "a", "serviceAccounts", "A B"), "serviceAccounts must be"));

  @ParameterizedTest
  @FieldSource("BAD")
  void shouldRefuseABadCredentialNamingTheField(BadEntry bad) {
    assertThatThrownBy(() -> CredentialEntry.read("Secret a", bad.fields()))
        .isInstanceOf(CredentialEntry.Bad.class)
        .hasMessageStartingWith("Secret a: ")
        .hasMessageContaining(bad.says());
  }

  @Test
  void shouldGiveAnAccountTheFeaturesThatACredentialOfItsNamespaceNames() throws Exception {
    KeyRing ring =
        new KeyRing(
            List.of(
                CredentialEntry.read(
                    "Secret a",
                    Map.of(
                        "namespace", "shop",
                        "features", "search",
                        "serviceAccounts", "robot"))));
    assertThat(ring.ofAccount("shop", "robot").features()).containsExactly("search");
    assertThat(ring.ofAccount("shop", "else").features()).containsExactly("default");
    assertThat(ring.ofAccount("other", "robot").features()).containsExactly("default");
    assertThat(ring.ofAccount("other", "robot").namespace()).isEqualTo("other");
  }

  @Test
  void shouldRememberAReviewForAMinuteAndOutliveTheApiServerForThatLong() {
    AtomicLong nanos = new AtomicLong();
    AtomicInteger asked = new AtomicInteger();
    boolean[] away = {false};
    ReviewedTokens reviews =
        new ReviewedTokens(
            _ -> {
              asked.incrementAndGet();
              return away[0] ? new Review.Unreachable("gone") : new Review.Account("shop", "robot");
            },
            nanos::get);
    assertThat(reviews.review("t")).isEqualTo(new Review.Account("shop", "robot"));
    away[0] = true;
    nanos.set(Duration.ofSeconds(59).toNanos());
    assertThat(reviews.review("t")).isEqualTo(new Review.Account("shop", "robot"));
    assertThat(reviews.review("u")).isInstanceOf(Review.Unreachable.class);
    nanos.set(Duration.ofSeconds(61).toNanos());
    assertThat(reviews.review("t")).isInstanceOf(Review.Unreachable.class);
    away[0] = false;
    assertThat(reviews.review("t")).isEqualTo(new Review.Account("shop", "robot"));
    assertThat(asked).hasValue(4);
  }

  @Test
  void shouldTakeUpChangesOfACredentialsFileAndKeepTheLastGoodOne(@TempDir Path folder)
      throws Exception {
    ApiKey key = ApiKey.random(RANDOM);
    ApiKey next = ApiKey.random(RANDOM);
    Path file = folder.resolve("credentials.json");
    LiveKeys keys = new LiveKeys();
    Files.writeString(file, file(key));
    try (CredentialsFile source = new CredentialsFile(file, keys, Duration.ofMillis(10))) {
      source.start();
      assertThat(keys.get().find(key, NOW)).isPresent();
      Files.writeString(file, "{\"credentials\":[{\"namespace\":1}]}");
      Files.writeString(file, "{\"credentials\":");
      assertThat(keys.get().find(key, NOW)).isPresent();
      Files.writeString(file, file(next));
      Awaitility.await().until(() -> keys.get().find(next, NOW).isPresent());
      assertThat(keys.get().find(key, NOW)).isEmpty();
    }
  }

  private static String file(ApiKey key) {
    return "{\"credentials\":[{\"namespace\":\"shop\",\"keys\":\"%s\"}]}"
        .formatted(CredentialEntry.Key.of(key).line());
  }
}
