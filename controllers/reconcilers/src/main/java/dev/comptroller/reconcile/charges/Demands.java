package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.units.Tokens;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What deployments are asked for, in tokens a second, by what gateways export; in memory.
///
/// Tokens of prompts and answers that were served, and for each request that was turned away for
/// want of capacity or money (429 and 503) as many as a served one had on average. The demand is
/// that of the busiest whole minute of the last [#WINDOW], so that it rises at once and falls
/// slowly. It is told only when that long was observed without a gap: a gateway that could not be
/// read for [#STALE] begins the window anew, and so does a restart. Thread-safe.
public final class Demands {
  /// How long must have been observed, and for how long a busy minute counts.
  public static final Duration WINDOW = Duration.ofMinutes(10);

  /// The age at which what a gateway told no longer counts.
  public static final Duration STALE = Duration.ofSeconds(60);

  static final String REQUESTS = "comptroller_gateway_requests_total";
  static final String TOKENS = "comptroller_gateway_tokens_total";
  private static final Set<String> NAMES = Set.of(REQUESTS, TOKENS);
  private static final Set<String> TURNED_AWAY = Set.of("429", "503");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final double FORGET = 0.98;

  private final Map<String, Seen> gateways = new HashMap<>();
  private final Map<Name, Book> books = new HashMap<>();
  private @Nullable Instant since;

  private record Name(String namespace, String deployment) {}

  private record Count(long served, long refused, long tokens) {
    static final Count NONE = new Count(0, 0, 0);

    Count plus(Count other) {
      return new Count(served + other.served, refused + other.refused, tokens + other.tokens);
    }

    /// What was added since `before`; all of it where a counter began anew.
    Count since(Count before) {
      boolean anew = served < before.served || refused < before.refused || tokens < before.tokens;
      return anew
          ? this
          : new Count(served - before.served, refused - before.refused, tokens - before.tokens);
    }
  }

  private record Seen(Instant at, Map<Name, Count> counts) {}

  private record Minute(Instant start, double tokens) {
    Minute plus(double more) {
      return new Minute(start, tokens + more);
    }
  }

  private static final class Book {
    final Deque<Minute> minutes = new ArrayDeque<>();
    double served;
    double tokens;
    double unknown;
  }

  /// Takes in what a gateway exports.
  ///
  /// @param gateway uid of its pod
  /// @param fresh whether it began after this process, so that all it counted is new
  synchronized void add(String gateway, Instant at, String text, boolean fresh) {
    Map<Name, Count> counts = new HashMap<>();
    for (Series series : Series.read(text, NAMES)) {
      Name name = new Name(series.label("namespace"), series.label("deployment"));
      if (!name.deployment().isEmpty()) {
        counts.merge(name, count(series), Count::plus);
      }
    }
    Seen before = gateways.put(gateway, new Seen(at, Map.copyOf(counts)));
    if (before == null && !fresh) {
      since = at;
      return;
    }
    if (before != null && before.at().plus(STALE).isBefore(at)) {
      since = at;
    }
    if (since == null) {
      since = at;
    }
    Map<Name, Count> last = before == null ? Map.of() : before.counts();
    counts.forEach(
        (name, count) -> book(name, count.since(last.getOrDefault(name, Count.NONE)), at));
  }

  private static Count count(Series series) {
    if (series.name().equals(TOKENS)) {
      return new Count(0, 0, series.value());
    }
    String code = series.label("code");
    if (TURNED_AWAY.contains(code)) {
      return new Count(0, series.value(), 0);
    }
    return code.equals("200") ? new Count(series.value(), 0, 0) : Count.NONE;
  }

  private void book(Name name, Count more, Instant at) {
    Book book = books.computeIfAbsent(name, _ -> new Book());
    if (more.served() > 0) {
      book.served = FORGET * book.served + more.served();
      book.tokens = FORGET * book.tokens + more.tokens();
    }
    double each = book.served > 0 ? book.tokens / book.served : 0;
    book.unknown = each > 0 ? 0 : book.unknown + more.refused();
    Instant minute = Instant.ofEpochSecond(Math.floorDiv(at.getEpochSecond(), 60) * 60);
    double tokens = more.tokens() + more.refused() * each;
    Minute latest = book.minutes.peekLast();
    if (latest != null && latest.start().equals(minute)) {
      book.minutes.removeLast();
      book.minutes.addLast(latest.plus(tokens));
    } else {
      book.minutes.addLast(new Minute(minute, tokens));
    }
    while (book.minutes.getFirst().start().isBefore(at.minus(WINDOW).minus(MINUTE))) {
      book.minutes.removeFirst();
    }
  }

  /// Forgets gateways that are gone, and deployments that no gateway tells of any more.
  synchronized void retain(Set<String> present) {
    gateways.keySet().retainAll(present);
    books
        .keySet()
        .removeIf(
            name -> gateways.values().stream().noneMatch(seen -> seen.counts().containsKey(name)));
    if (gateways.isEmpty()) {
      since = null;
    }
  }

  /// What is told of every deployment, by `namespace/deployment`.
  public synchronized SortedMap<String, TokensPerSecond> all(Instant now) {
    SortedMap<String, TokensPerSecond> all = new TreeMap<>();
    for (Name name : books.keySet()) {
      of(name.namespace(), name.deployment(), now)
          .ifPresent(rate -> all.put(name.namespace() + "/" + name.deployment(), rate));
    }
    return all;
  }

  /// What a deployment is asked for; absent if it was not observed for the whole window, if a
  /// gateway has not been read lately, or if all it was asked was turned away.
  public synchronized Optional<TokensPerSecond> of(
      String namespace, String deployment, Instant now) {
    boolean stale =
        gateways.isEmpty()
            || gateways.values().stream().anyMatch(seen -> seen.at().plus(STALE).isBefore(now));
    Book book = books.get(new Name(namespace, deployment));
    if (stale
        || book == null
        || book.unknown > 0
        || since == null
        || since.plus(WINDOW).isAfter(now)) {
      return Optional.empty();
    }
    double most = 0;
    for (Minute minute : book.minutes) {
      boolean whole = !minute.start().plus(MINUTE).isAfter(now);
      boolean recent = !minute.start().plus(MINUTE).isBefore(now.minus(WINDOW));
      most = whole && recent ? Math.max(most, minute.tokens()) : most;
    }
    return Optional.of(TokensPerSecond.mean(new Tokens(Math.round(most)), MINUTE));
  }
}
