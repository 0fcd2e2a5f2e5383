package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.units.Tokens;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.charges.DemandMemory.Hour;
import dev.comptroller.reconcile.charges.DemandPage.Count;
import dev.comptroller.reconcile.charges.DemandPage.Name;
import dev.comptroller.reconcile.charges.DemandPage.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/// What deployments are asked for, in tokens a second, by what gateways export.
///
/// Tokens of prompts and answers that were served, and for each request that was turned away for
/// want of capacity or money (429 and 503) as many as a served one had on average.
///
/// ```
/// the last minute    a rate over 60 s up to the latest look      recent().moment()
/// whole minutes      kept for 3 hours                            recent().minute(), minutes()
///                    tokens of them for 2 days                   before()
///                    the busiest of the last 10                  of(), window()
/// hours of the week  means in which a week counts half after 2   hour()
/// quarters           of minutes, by when requests came           pulse()
/// ```
///
/// Only minutes that were observed from their beginning to their end count: a gateway that could
/// not be read for [#STALE] ends an observation, and so does a restart. [#of] needs all of the last
/// 10 minutes; [#window] goes by those of them that were observed, also before a restart, and says
/// how many they are and how old. Thread-safe.
public final class Demands {
  /// How long must have been observed, and for how long a busy minute counts.
  public static final Duration WINDOW = Duration.ofMinutes(10);

  /// The age at which what a gateway told no longer counts.
  public static final Duration STALE = Duration.ofSeconds(60);

  /// For how long minutes are kept.
  public static final Duration HISTORY = Duration.ofHours(3);

  /// The time up to now that a rate is told over: shorter ones tell chance rather than demand.
  private static final Duration MOMENT = Duration.ofSeconds(60);

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final long KEPT = HISTORY.toMinutes();

  private final Map<String, Seen> gateways = new HashMap<>();
  private final Map<Name, DemandHistory> books = new HashMap<>();
  private final Set<String> moved = new HashSet<>();
  private final List<BiConsumer<String, String>> listeners = new CopyOnWriteArrayList<>();

  /// Minutes that were observed whole by this process, by minutes since 1970.
  private final TreeSet<Long> observed = new TreeSet<>();

  private @Nullable Instant since;

  /// Means over some time.
  ///
  /// @param prompt tokens of prompts a second
  /// @param answer tokens of answers a second
  /// @param requestsPerSecond those that were turned away included
  /// @param from when that time began
  /// @param to when it ended
  public record Rates(
      TokensPerSecond prompt,
      TokensPerSecond answer,
      double requestsPerSecond,
      Instant from,
      Instant to) {
    /// Tokens of both a second.
    public TokensPerSecond tokens() {
      return new TokensPerSecond(Math.addExact(prompt.thousandths(), answer.thousandths()));
    }

    private static Rates of(Load load, Instant from, Instant to) {
      Duration time = Duration.between(from, to);
      return new Rates(
          TokensPerSecond.mean(new Tokens(load.prompt()), time),
          TokensPerSecond.mean(new Tokens(load.answer()), time),
          load.requests() * 1e9 / time.toNanos(),
          from,
          to);
    }
  }

  /// What a deployment is asked for now.
  ///
  /// @param minute the last whole minute that was observed; absent if none ended in the last two
  /// @param moment the last 60 seconds, or as many more as lie between looks; what was seen so far
  ///     after a start; absent before the second look
  /// @param interactive requests that wait for a replica, over all gateways
  /// @param batch deferred requests and items of batches that wait for a replica
  /// @param lastRequest when a request last came or ended; absent if none was seen
  /// @param at the oldest of the latest looks at gateways
  public record Recent(
      @Nullable Rates minute,
      @Nullable Rates moment,
      long interactive,
      long batch,
      @Nullable Instant lastRequest,
      Instant at) {
    /// Requests of all classes that wait for a replica.
    public long waiting() {
      return interactive + batch;
    }
  }

  /// The busiest minute of the last 10, as far as they were observed.
  ///
  /// @param busiest its rate
  /// @param minutes how many were observed whole, 1 to 10
  /// @param age how long ago the latest of them ended
  public record Window(TokensPerSecond busiest, int minutes, Duration age) {}

  /// The usual demand in an hour of the week.
  ///
  /// @param prompt tokens of prompts a second
  /// @param answer tokens of answers a second
  /// @param requestsPerSecond those that were turned away included
  /// @param weeks in how many weeks that hour was seen, the present one included
  public record Usually(
      TokensPerSecond prompt, TokensPerSecond answer, double requestsPerSecond, int weeks) {
    /// Tokens of both a second.
    public TokensPerSecond tokens() {
      return new TokensPerSecond(Math.addExact(prompt.thousandths(), answer.thousandths()));
    }
  }

  /// What came between two looks at a gateway.
  private record Span(Instant from, Instant to, Map<Name, Load> loads) {}

  private record Seen(Instant at, DemandPage page, Deque<Span> spans) {}

  /// The hour of the week of an instant: 0 is Monday 00:00 UTC, 167 the last one of Sunday.
  public static int hourOfWeek(Instant at) {
    return DemandMemory.hour(minute(at));
  }

  /// Calls `listener` with namespace and name of a deployment that requests begin to wait for; on
  /// the thread that looks at gateways, so it must not block.
  public void onWaiting(BiConsumer<String, String> listener) {
    listeners.add(listener);
  }

  /// Takes in what a gateway exports.
  ///
  /// @param gateway its process
  /// @param fresh whether it began after this process, so that all it counted is new
  void add(String gateway, Instant at, String text, boolean fresh) {
    DemandPage page = DemandPage.read(text);
    tell(() -> take(gateway, at, page, fresh), page);
  }

  /// Takes in what a gateway exports that was looked at before, between two rounds; nothing if
  /// another process must have answered: the next round tells.
  void glance(String gateway, Instant at, String text) {
    DemandPage page = DemandPage.read(text);
    tell(
        () -> {
          Seen before = gateways.get(gateway);
          if (before != null && !page.isAnew(before.page())) {
            take(gateway, at, page, false);
          }
        },
        page);
  }

  private void tell(Runnable take, DemandPage page) {
    List<Name> woken = new ArrayList<>();
    synchronized (this) {
      Map<Name, Long> before = new HashMap<>();
      page.waiting().keySet().forEach(name -> before.put(name, waiting(name).all()));
      take.run();
      before.forEach(
          (name, was) -> {
            if (was == 0 && waiting(name).all() > 0) {
              woken.add(name);
            }
          });
    }
    for (Name name : woken) {
      listeners.forEach(listener -> listener.accept(name.namespace(), name.deployment()));
    }
  }

  private void take(String gateway, Instant at, DemandPage page, boolean fresh) {
    Seen before = gateways.get(gateway);
    Deque<Span> spans = before == null ? new ArrayDeque<>() : before.spans();
    boolean gap =
        before == null ? !fresh : before.at().plus(STALE).isBefore(at) || at.isBefore(before.at());
    page.names().forEach(this::history);
    if (gap) {
      spans.clear();
      beginAnew(at);
    } else {
      Map<Name, Load> loads = new HashMap<>();
      page.counts()
          .forEach(
              (name, count) -> {
                Count was =
                    before == null
                        ? Count.NONE
                        : before.page().counts().getOrDefault(name, Count.NONE);
                Instant from = before == null ? at : before.at();
                loads.put(name, book(name, count.since(was), from, at));
              });
      page.arrivals()
          .forEach(
              (name, count) -> {
                Quarters was =
                    before == null
                        ? Quarters.NONE
                        : before.page().arrivals().getOrDefault(name, Quarters.NONE);
                history(name).arrived(count.since(was), at);
              });
      if (before != null && before.at().isBefore(at)) {
        spans.addLast(new Span(before.at(), at, Map.copyOf(loads)));
        trim(spans);
      }
    }
    gateways.put(gateway, new Seen(at, page, spans));
    page.last().forEach(this::lastRequest);
    if (since == null) {
      since = at;
    }
    observe(gateways.values().stream().map(Seen::at).min(Instant::compareTo).orElse(at));
  }

  /// Forgets what was seen of minutes that will never have been observed whole.
  private void beginAnew(Instant at) {
    since = at;
    books.values().forEach(book -> book.keep(observed));
  }

  private static void trim(Deque<Span> spans) {
    Instant last = spans.getLast().to();
    while (spans.size() > 1 && spans.getFirst().to().isBefore(last.minus(MOMENT))) {
      spans.removeFirst();
    }
  }

  private void lastRequest(Name name, Instant last) {
    if (history(name).requested(last)) {
      moved.add(name.namespace());
    }
  }

  /// Books what came between two looks as if it had come evenly: a minute is not the busier for
  /// having been looked at once more.
  private Load book(Name name, Count more, Instant from, Instant to) {
    DemandHistory history = history(name);
    Load load = Load.NONE;
    Count left = more;
    Instant begin = from;
    for (long minute = minute(from); minute < minute(to); minute++) {
      Instant end = start(minute + 1);
      Count part = left.part(Duration.between(begin, end), Duration.between(begin, to));
      load = load.plus(history.add(part, minute));
      left = left.since(part);
      begin = end;
    }
    load = load.plus(history.add(left, minute(to)));
    if (!load.isNone()) {
      moved.add(name.namespace());
    }
    return load;
  }

  private DemandHistory history(Name name) {
    return books.computeIfAbsent(name, _ -> new DemandHistory());
  }

  /// Counts the minutes that had ended when the last of all gateways was looked at as observed, and
  /// forgets old ones.
  private void observe(Instant at) {
    Instant from = since;
    for (long minute = minute(at) - 1;
        from != null && !start(minute).isBefore(from) && observed.add(minute);
        minute--) {
      long ended = minute;
      books.values().forEach(book -> book.ended(ended));
    }
    long oldest = minute(at) - KEPT;
    observed.headSet(oldest).clear();
    books.values().forEach(book -> book.forgetBefore(oldest));
  }

  /// Forgets gateways that are gone.
  synchronized void retain(Set<String> present) {
    gateways.keySet().retainAll(present);
    if (gateways.isEmpty()) {
      since = null;
    }
  }

  /// Forgets deployments that do not exist.
  synchronized void keep(BiPredicate<String, String> exists) {
    books.keySet().removeIf(name -> !exists.test(name.namespace(), name.deployment()));
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

  /// What a deployment is asked for: the busiest whole minute of the last 10, so that it rises at
  /// once and falls slowly; absent if one of them was not observed, if a gateway has not been read
  /// lately, or if all it was asked was turned away.
  public synchronized Optional<TokensPerSecond> of(
      String namespace, String deployment, Instant now) {
    Instant from = since;
    boolean blind = from == null || from.plus(WINDOW).isAfter(now);
    return window(namespace, deployment, now)
        .filter(window -> !blind || window.minutes() == WINDOW.toMinutes())
        .map(Window::busiest);
  }

  /// The busiest minute of the last 10 that were observed, by this process or before a restart;
  /// absent if none was, if a gateway has not been read lately, or if all it was asked was turned
  /// away.
  public synchronized Optional<Window> window(String namespace, String deployment, Instant now) {
    DemandHistory book = books.get(new Name(namespace, deployment));
    if (isStale(now) || book == null || book.isUnknown()) {
      return Optional.empty();
    }
    long last = minute(now) - 1;
    long most = 0;
    long latest = 0;
    int minutes = 0;
    for (long minute = last; minute > last - WINDOW.toMinutes(); minute--) {
      if (book.isObserved(minute, observed)) {
        most = Math.max(most, book.minute(minute).tokens());
        latest = minutes == 0 ? minute : latest;
        minutes++;
      }
    }
    return minutes == 0
        ? Optional.empty()
        : Optional.of(
            new Window(
                TokensPerSecond.mean(new Tokens(most), MINUTE),
                minutes,
                Duration.between(start(latest + 1), now)));
  }

  /// What a deployment is asked for now; absent if a gateway has not been read lately. A deployment
  /// that no gateway tells of is asked for nothing.
  public synchronized Optional<Recent> recent(String namespace, String deployment, Instant now) {
    if (isStale(now)) {
      return Optional.empty();
    }
    Name name = new Name(namespace, deployment);
    DemandHistory book = books.getOrDefault(name, new DemandHistory());
    Waiting waiting = waiting(name);
    Instant oldest = gateways.values().stream().map(Seen::at).min(Instant::compareTo).orElse(now);
    return Optional.of(
        new Recent(
            latestMinute(book, now),
            moment(name),
            waiting.interactive(),
            waiting.batch(),
            book.lastRequest(),
            oldest));
  }

  private @Nullable Rates latestMinute(DemandHistory book, Instant now) {
    long last = minute(now) - 1;
    for (long minute = last; minute > last - 2; minute--) {
      if (!book.isUnknown() && observed.contains(minute)) {
        Load load = book.minute(minute);
        return Rates.of(load, start(minute), start(minute + 1));
      }
    }
    return null;
  }

  /// The sum of the rates at all gateways, each over its last [#MOMENT].
  private @Nullable Rates moment(Name name) {
    long prompt = 0;
    long answer = 0;
    double requests = 0;
    @Nullable Instant from = null;
    @Nullable Instant to = null;
    for (Seen seen : gateways.values()) {
      if (seen.spans().isEmpty()) {
        return null;
      }
      Instant end = seen.spans().getLast().to();
      Instant begin = end;
      Load load = Load.NONE;
      Iterator<Span> back = seen.spans().descendingIterator();
      while (back.hasNext() && begin.plus(MOMENT).isAfter(end)) {
        Span span = back.next();
        begin = span.from();
        load = load.plus(span.loads().getOrDefault(name, Load.NONE));
      }
      Rates rates = Rates.of(load, begin, end);
      prompt += rates.prompt().thousandths();
      answer += rates.answer().thousandths();
      requests += rates.requestsPerSecond();
      from = from == null || begin.isBefore(from) ? begin : from;
      to = to == null || end.isAfter(to) ? end : to;
    }
    return from == null || to == null
        ? null
        : new Rates(new TokensPerSecond(prompt), new TokensPerSecond(answer), requests, from, to);
  }

  /// Every observed minute of the last 3 hours, oldest first; minutes that were not observed are
  /// missing.
  public synchronized List<Rates> minutes(String namespace, String deployment, Instant now) {
    DemandHistory book = books.get(new Name(namespace, deployment));
    List<Rates> minutes = new ArrayList<>();
    long last = minute(now) - 1;
    for (long minute = last - KEPT + 1; book != null && minute <= last; minute++) {
      if (book.isObserved(minute, observed)) {
        Load load = book.minute(minute);
        minutes.add(Rates.of(load, start(minute), start(minute + 1)));
      }
    }
    return minutes;
  }

  /// Tokens a second in the minutes before one that began at `from`, without a gap, the newest
  /// last: of two days at most. What was not observed counts as the same minute a day before.
  public synchronized List<Double> before(String namespace, String deployment, Instant from) {
    DemandHistory book = books.get(new Name(namespace, deployment));
    return book == null ? List.of() : book.days().before(minute(from));
  }

  /// How what a deployment is asked for swings while a minute lasts.
  public synchronized Pulse pulse(String namespace, String deployment) {
    DemandHistory book = books.get(new Name(namespace, deployment));
    return book == null ? Pulse.EVEN : book.pulse(observed);
  }

  /// What a deployment is usually asked for in an hour of the week ([#hourOfWeek]); absent if that
  /// hour was never seen.
  public synchronized Optional<Usually> hour(String namespace, String deployment, int hour) {
    DemandHistory book = books.get(new Name(namespace, deployment));
    Hour sums = book == null ? null : book.hour(hour);
    if (sums == null || sums.weight() == 0) {
      return Optional.empty();
    }
    Duration time = MINUTE.multipliedBy(sums.weight());
    double seconds = sums.weight() / 1e3 * MINUTE.toSeconds();
    return Optional.of(
        new Usually(
            TokensPerSecond.mean(new Tokens(Math.multiplyExact(sums.prompt(), 1000L)), time),
            TokensPerSecond.mean(new Tokens(Math.multiplyExact(sums.answer(), 1000L)), time),
            sums.requests() / 1e3 / seconds,
            sums.weeks()));
  }

  /// Namespaces in which something was asked for since they were last [#saved].
  synchronized Set<String> moved() {
    return Set.copyOf(moved);
  }

  /// Notes that the memory of a namespace was saved as [#memory] told it.
  synchronized void saved(String namespace) {
    moved.remove(namespace);
  }

  /// Notes that it was not saved after all.
  synchronized void unsaved(String namespace) {
    moved.add(namespace);
  }

  /// What is remembered of the deployments of a namespace, by name.
  synchronized SortedMap<String, DemandMemory> memory(String namespace) {
    SortedMap<String, DemandMemory> memory = new TreeMap<>();
    books.forEach(
        (name, book) -> {
          if (name.namespace().equals(namespace)) {
            memory.put(name.deployment(), book.memory(observed));
          }
        });
    return memory;
  }

  /// Goes on from what was remembered; deployments that are known already stay as they are.
  synchronized void restore(String namespace, SortedMap<String, DemandMemory> memory) {
    memory.forEach(
        (deployment, kept) ->
            books.putIfAbsent(new Name(namespace, deployment), DemandHistory.of(kept)));
  }

  private boolean isStale(Instant now) {
    return gateways.isEmpty()
        || gateways.values().stream().anyMatch(seen -> seen.at().plus(STALE).isBefore(now));
  }

  private Waiting waiting(Name name) {
    return gateways.values().stream()
        .map(seen -> seen.page().waiting().getOrDefault(name, Waiting.NONE))
        .reduce(Waiting.NONE, Waiting::plus);
  }

  static long minute(Instant at) {
    return Math.floorDiv(at.getEpochSecond(), MINUTE.toSeconds());
  }

  private static Instant start(long minute) {
    return Instant.ofEpochSecond(minute * MINUTE.toSeconds());
  }
}
