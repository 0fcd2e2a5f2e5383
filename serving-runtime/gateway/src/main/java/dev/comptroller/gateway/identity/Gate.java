package dev.comptroller.gateway.identity;

import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Decides who a client is from its `Authorization` header, and from nothing else.
public final class Gate {
  private static final Pattern TOKEN =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
  private static final int LONGEST = 16 * 1024;
  private static final String REJECTED =
      "the token is not a valid service-account token for the audience " + TokenReviews.AUDIENCE;
  private static final String AWAY = "the API server cannot tell whose token this is now: ";

  /// Who a client is.
  public sealed interface Admitted {
    /// It has proved this.
    record Known(Credential credential) implements Admitted {}

    /// It has proved nothing.
    ///
    /// @param why says what is wrong without repeating what was sent
    record Unknown(String why) implements Admitted {}

    /// It has proved who it is, and that is not enough.
    record Forbidden(String why) implements Admitted {}

    /// Nobody can tell now.
    record Unavailable(String why) implements Admitted {}
  }

  private final boolean required;
  private final Supplier<KeyRing> ring;
  private final @Nullable TokenReviews reviews;
  private final InstantSource clock;
  private final Set<String> admins;

  private Gate(
      boolean required,
      Supplier<KeyRing> ring,
      @Nullable TokenReviews reviews,
      InstantSource clock,
      Set<String> admins) {
    this.required = required;
    this.ring = ring;
    this.reviews = reviews;
    this.clock = clock;
    this.admins = Set.copyOf(admins);
  }

  /// A gate that lets nobody in without proof.
  ///
  /// @param ring keys in force
  /// @param reviews of service-account tokens; absent where there is no API server
  public static Gate required(
      Supplier<KeyRing> ring, @Nullable TokenReviews reviews, InstantSource clock) {
    return required(ring, reviews, clock, Set.of());
  }

  /// The same, with service accounts that may read what every namespace asked for.
  ///
  /// @param admins as NAMESPACE/NAME
  public static Gate required(
      Supplier<KeyRing> ring,
      @Nullable TokenReviews reviews,
      InstantSource clock,
      Set<String> admins) {
    return new Gate(true, ring, reviews, clock, admins);
  }

  /// A gate that lets everybody in: for trials on one machine.
  public static Gate open() {
    return new Gate(false, () -> KeyRing.EMPTY, null, InstantSource.system(), Set.of());
  }

  /// What is plainly wrong with a header, told without looking anything up; empty if nothing is.
  public Optional<Admitted.Unknown> plainlyWrong(@Nullable String header) {
    if (!required) {
      return Optional.empty();
    }
    if (header == null || header.isBlank()) {
      return Optional.of(
          new Admitted.Unknown(
              "no API key: send 'Authorization: Bearer <key>', make one with ./comptroller key"
                  + " create"));
    }
    String token = bearer(header);
    if (token.isEmpty() || token.length() > LONGEST) {
      return Optional.of(new Admitted.Unknown("the Authorization header must be 'Bearer <key>'"));
    }
    if (ApiKey.parse(token).isEmpty() && !TOKEN.matcher(token).matches()) {
      return Optional.of(
          new Admitted.Unknown(
              "what was sent is neither an API key (cmp_...) nor a service-account token"));
    }
    return Optional.empty();
  }

  /// Who a client is. May ask the API server, so it may block.
  public Admitted admit(@Nullable String header) {
    if (!required) {
      return new Admitted.Known(Credential.ANYBODY);
    }
    Optional<Admitted.Unknown> wrong = plainlyWrong(header);
    if (wrong.isPresent() || header == null) {
      return wrong.orElseThrow();
    }
    String token = bearer(header);
    Optional<ApiKey> key = ApiKey.parse(token);
    return key.isPresent() ? admit(key.get()) : admitToken(token);
  }

  /// Whether a client may read what every namespace asked for. May ask the API server, so it may
  /// block. API keys never do: they are of one namespace.
  public Admitted admitAdmin(@Nullable String header) {
    if (!required) {
      return new Admitted.Known(Credential.ANYBODY);
    }
    String token = header == null ? "" : bearer(header);
    if (token.length() > LONGEST || !TOKEN.matcher(token).matches()) {
      return new Admitted.Unknown(
          "send 'Authorization: Bearer <token>' with a service-account token for the audience "
              + TokenReviews.AUDIENCE);
    }
    if (reviews == null) {
      return new Admitted.Unknown("a gateway without a cluster cannot tell whose token this is");
    }
    return switch (reviews.review(token)) {
      case TokenReviews.Review.Account(String namespace, String name) ->
          admins.contains(namespace + "/" + name)
              ? new Admitted.Known(ring.get().ofAccount(namespace, name))
              : new Admitted.Forbidden(
                  "service account %s/%s is none of the gateway's --admin-account"
                      .formatted(namespace, name));
      case TokenReviews.Review.Rejected() -> new Admitted.Unknown(REJECTED);
      case TokenReviews.Review.Unreachable(String why) -> new Admitted.Unavailable(AWAY + why);
    };
  }

  private Admitted admit(ApiKey key) {
    return ring.get()
        .find(key, clock.instant())
        .<Admitted>map(Admitted.Known::new)
        .orElseGet(
            () ->
                new Admitted.Unknown(
                    "the API key is not known, was revoked or has ended: make one with"
                        + " ./comptroller key create"));
  }

  private Admitted admitToken(String token) {
    if (reviews == null) {
      return new Admitted.Unknown(
          "service-account tokens are not taken by a gateway without a cluster: send an API key");
    }
    return switch (reviews.review(token)) {
      case TokenReviews.Review.Account(String namespace, String name) ->
          new Admitted.Known(ring.get().ofAccount(namespace, name));
      case TokenReviews.Review.Rejected() -> new Admitted.Unknown(REJECTED);
      case TokenReviews.Review.Unreachable(String why) -> new Admitted.Unavailable(AWAY + why);
    };
  }

  private static String bearer(String header) {
    return header.toLowerCase(Locale.ROOT).startsWith("bearer ")
        ? header.substring("bearer ".length()).strip()
        : "";
  }
}
