package dev.comptroller.gateway.identity;

import dev.comptroller.gateway.identity.TokenReviews.Review;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// Remembers for a while what the API server said of a token, by the token's hash.
///
/// So a request does not wait for the API server each time, and clients that were known a moment
/// ago go on when it is away. What was not answered is not remembered.
public final class ReviewedTokens implements TokenReviews {
  /// How long an answer holds: a token that is revoked may be used for this long.
  public static final Duration MEMORY = Duration.ofSeconds(60);

  private static final int MOST = 10_000;

  private record Remembered(Review review, long atNanos) {}

  private final TokenReviews server;
  private final LongSupplier nanos;
  private final Map<String, Remembered> memory =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Remembered> eldest) {
          return size() > MOST;
        }
      };

  /// A memory in front of the API server.
  public ReviewedTokens(TokenReviews server, LongSupplier nanos) {
    this.server = server;
    this.nanos = nanos;
  }

  @Override
  public Review review(String token) {
    String hash = HexFormat.of().formatHex(ApiKey.sha256(token));
    synchronized (memory) {
      Remembered known = memory.get(hash);
      if (known != null && nanos.getAsLong() - known.atNanos() < MEMORY.toNanos()) {
        return known.review();
      }
    }
    long asked = nanos.getAsLong();
    Review answer = server.review(token);
    switch (answer) {
      case Review.Account _, Review.Rejected _ -> {
        synchronized (memory) {
          memory.remove(hash);
          memory.put(hash, new Remembered(answer, asked));
        }
      }
      case Review.Unreachable _ -> {
        // The next request asks again.
      }
    }
    return answer;
  }
}
