package dev.comptroller.reconcile.posting;

import dev.comptroller.decide.capacity.PostedPrice;
import dev.comptroller.decide.capacity.PostedPrice.Source;
import dev.comptroller.decide.capacity.PricePublisher;
import dev.comptroller.decide.capacity.PricePublisher.Hour;
import dev.comptroller.decide.capacity.PricePublisher.Standing;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.capacity.TokenMix;
import dev.comptroller.decide.capacity.TokenWeights;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.posting.Posting.Counted;
import dev.comptroller.reconcile.posting.Posting.Stretch;
import dev.comptroller.reconcile.signals.TokenCounters;
import dev.comptroller.reconcile.signals.TokenLedger;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The prices of variants, by what their replicas were seen to cost and to serve.
///
/// - A price that is declared holds at once. One that is not begins with what a replica costs over
///   the speed that was measured, else declared, else estimated; from the first hour in which
///   tokens were served it follows closed hours ([PricePublisher]).
/// - Cost and tokens of an hour are of the same time: both are counted from look to look at a
///   replica, the first time from its start. More than [#GAP] between two looks counts for
///   nothing.
/// - A version is given once, to one price of a variant: they go on where the variant leaves the
///   routing table, where its deployment is made anew, and over a restart ([PostedStore]).
///
/// Thread-safe.
public final class PostedPrices {
  /// Between two looks at a replica that are further apart nothing is counted.
  static final Duration GAP = Duration.ofHours(1);

  /// Versions above this are nobody's: it would take for ever to get there.
  private static final long MOST_VERSIONS = 1L << 53;

  private static final long HOUR_SECONDS = 3600;

  private final Measures measures;
  private final Map<TokenLedger.Key, Posting> postings = new HashMap<>();
  private final Map<String, Long> floors = new HashMap<>();
  private final Set<TokenLedger.Key> moving = new HashSet<>();
  private final Set<String> moved = new HashSet<>();
  private final Set<String> urgent = new HashSet<>();
  private final List<Consumer<Instant>> listeners = new CopyOnWriteArrayList<>();

  /// What was measured of a variant.
  ///
  /// @param speed tokens a second of one replica
  /// @param weights what its tokens cost relative to each other
  public record Measure(TokensPerSecond speed, TokenWeights weights) {}

  /// Tells what was measured of variants.
  public interface Measures {
    /// Nothing was.
    Measures NOTHING = (_, _) -> Optional.empty();

    /// What is known of a variant; absent while it is not sure.
    Optional<Measure> of(TokenLedger.Key variant, Instant now);
  }

  /// What a first price follows from.
  ///
  /// @param deployment uid of the ModelDeployment
  /// @param variant what is declared
  /// @param perReplica what a replica costs an hour at most; absent if its pool has no price
  /// @param said its speed as declared or estimated
  public record Basis(
      String deployment, Variant variant, @Nullable HourlyRate perReplica, Throughput said) {}

  /// The prices of variants of which `measures` tells.
  public PostedPrices(Measures measures) {
    this.measures = measures;
  }

  /// Calls `listener` when there is something new to remember, with when that price may move; it
  /// must not block.
  public void onUse(Consumer<Instant> listener) {
    listeners.add(listener);
  }

  /// The price to post for a variant now; absent if nothing is known to go by.
  ///
  /// @param inTable what stands in the routing table; absent if nothing does
  public synchronized Optional<PostedPrice> post(
      TokenLedger.Key key, Basis basis, @Nullable PostedPrice inTable, Instant now) {
    Posting posting = known(key, basis, inTable, now);
    if (basis.variant().price() != null) {
      return said(basis).map(price -> hold(key, basis, price, posting, inTable, now));
    }
    if (basis.perReplica() == null) {
      return Optional.empty();
    }
    if (posting == null
        || !posting.deployment().equals(basis.deployment())
        || posting.price().source() != Source.Derived) {
      return wanted(key, basis, now).map(price -> begin(key, basis, price, posting, inTable, now));
    }
    return Optional.of(goOn(key, basis, posting, now).price());
  }

  private PostedPrice hold(
      TokenLedger.Key key,
      Basis basis,
      PostedPrice declared,
      @Nullable Posting posting,
      @Nullable PostedPrice inTable,
      Instant now) {
    return posting != null && isSame(posting.price(), declared)
        ? posting.price()
        : begin(key, basis, declared, posting, inTable, now);
  }

  /// What is remembered; what only the routing table shows is taken from there.
  private @Nullable Posting known(
      TokenLedger.Key key, Basis basis, @Nullable PostedPrice inTable, Instant now) {
    Posting posting = postings.get(key);
    if (inTable == null || inTable.version() > MOST_VERSIONS) {
      return posting;
    }
    if (posting == null) {
      Posting found = Posting.first(basis.deployment(), inTable, now, now);
      put(key, found, true);
      return found;
    }
    if (posting.price().version() < inTable.version()) {
      Posting risen = posting.with(numbered(posting.price(), inTable.version() + 1), posting.due());
      put(key, risen, true);
      return risen;
    }
    return posting;
  }

  private PostedPrice begin(
      TokenLedger.Key key,
      Basis basis,
      PostedPrice price,
      @Nullable Posting before,
      @Nullable PostedPrice inTable,
      Instant now) {
    long floor = floors.getOrDefault(key.namespace(), 0L);
    long last = before == null ? floor : before.price().version();
    boolean again = before != null && isSame(before.price(), price);
    PostedPrice next = numbered(price, again ? last : last + 1);
    moving.remove(key);
    put(
        key,
        Posting.first(basis.deployment(), next, PricePublisher.after(now), now),
        !next.equals(inTable));
    return next;
  }

  private Posting goOn(TokenLedger.Key key, Basis basis, Posting posting, Instant now) {
    if (!posting.open().isIdle()) {
      return now.isBefore(posting.due()) ? posting : close(key, basis, posting, now);
    }
    if (posting.measured()) {
      return posting;
    }
    Optional<PostedPrice> wanted = wanted(key, basis, now);
    if (wanted.isEmpty()) {
      moving.remove(key);
      return posting;
    }
    TokenMix.Split target = wanted.get().split();
    if (now.isBefore(posting.due())) {
      note(key, posting, target);
      return posting;
    }
    TokenMix.Split split = PricePublisher.towards(posting.price().split(), target);
    if (split.equals(posting.price().split())) {
      moving.remove(key);
      return posting;
    }
    Posting next = posting.with(moved(posting.price(), split), PricePublisher.after(now));
    put(key, next, true);
    note(key, next, target);
    return next;
  }

  /// Notes whether a price has not yet come to where it moves.
  private void note(TokenLedger.Key key, Posting posting, TokenMix.Split target) {
    TokenMix.Split split = posting.price().split();
    if (PricePublisher.towards(split, target).equals(split)) {
      moving.remove(key);
    } else {
      moving.add(key);
    }
  }

  private Posting close(TokenLedger.Key key, Basis basis, Posting posting, Instant now) {
    Optional<Measure> measure = measures.of(key, now);
    Optional<TokensPerSecond> speed = measure.map(Measure::speed).or(() -> basis.said().speed());
    SortedMap<String, Counted> present = new TreeMap<>(posting.replicas());
    present.values().removeIf(counted -> counted.at().plus(GAP).isBefore(now));
    Posting pruned = posting.with(present);
    Stretch open = posting.open();
    Hour hour =
        new Hour(
            new Money(open.rateSeconds() / HOUR_SECONDS),
            open.tokens().input(),
            open.tokens().cachedInput(),
            open.tokens().output(),
            open.replicaSeconds(),
            speed.orElse(TokensPerSecond.ZERO),
            basis.variant().targetUtilization());
    Instant due = PricePublisher.after(now);
    if (speed.isEmpty() || hour.isEmpty()) {
      Posting next = pruned.with(Stretch.from(now)).with(posting.price(), due);
      put(key, next, false);
      return next;
    }
    Standing standing =
        PricePublisher.next(
            posting.standing(), hour, measure.map(Measure::weights).orElse(TokenWeights.USUAL));
    PostedPrice price =
        standing.prices().equals(posting.price().split())
            ? posting.price()
            : moved(posting.price(), standing.prices());
    Posting next = pruned.closed(price, standing, due, now);
    moving.remove(key);
    // At once, so that an hour is closed once, whenever the process ends.
    put(key, next, true);
    return next;
  }

  /// What would be posted if nothing were before.
  private Optional<PostedPrice> wanted(TokenLedger.Key key, Basis basis, Instant now) {
    return measures
        .of(key, now)
        .map(measure -> price(basis, new Throughput.Measured(measure.speed())))
        .orElseGet(() -> said(basis));
  }

  /// The same by what is declared alone.
  private static Optional<PostedPrice> said(Basis basis) {
    return price(basis, basis.said());
  }

  private static Optional<PostedPrice> price(Basis basis, Throughput speed) {
    return PostedPrice.of(basis.variant(), basis.perReplica(), speed, TokenMix.ASSUMED, null)
        .posted();
  }

  private static boolean isSame(PostedPrice left, PostedPrice right) {
    return left.equals(numbered(right, left.version()));
  }

  private static PostedPrice numbered(PostedPrice price, long version) {
    return new PostedPrice(
        version, price.source(), price.input(), price.cachedInput(), price.output());
  }

  private static PostedPrice moved(PostedPrice before, TokenMix.Split split) {
    return new PostedPrice(
        before.version() + 1, before.source(), split.input(), split.cachedInput(), split.output());
  }

  /// Remembers; `anew` if nothing that follows from it may be posted before it is saved.
  private void put(TokenLedger.Key key, Posting posting, boolean anew) {
    postings.put(key, posting);
    moved.add(key.namespace());
    if (anew) {
      urgent.add(key.namespace());
    }
  }

  /// Takes in what a replica has served, and what it cost meanwhile.
  public void add(
      TokenLedger.Key key,
      ReplicaInterval replica,
      Instant at,
      TokenCounters counters,
      PriceBooks books) {
    Instant due;
    synchronized (this) {
      Posting posting = postings.get(key);
      if (posting == null || posting.price().source() == Source.Declared) {
        return;
      }
      Posting next = counted(posting, replica, at, counters, books);
      postings.put(key, next);
      if (next.open().tokens().equals(posting.open().tokens()) || !moved.add(key.namespace())) {
        return;
      }
      due = next.due();
    }
    listeners.forEach(listener -> listener.accept(due));
  }

  private static Posting counted(
      Posting posting,
      ReplicaInterval replica,
      Instant at,
      TokenCounters counters,
      PriceBooks books) {
    Counted before = posting.replicas().get(replica.uid());
    if (before != null && !at.isAfter(before.at())) {
      return posting;
    }
    SortedMap<String, Counted> replicas = new TreeMap<>(posting.replicas());
    replicas.put(replica.uid(), new Counted(at, counters));
    Posting next = posting.with(replicas);
    boolean fresh = before == null && !replica.start().isBefore(posting.since());
    if (before == null ? !fresh : before.at().plus(GAP).isBefore(at)) {
      return next;
    }
    TokenCounters more = counters.since(before == null ? TokenCounters.ZERO : before.tokens());
    // An hour in which nothing was served says nothing; the next one begins with what is.
    boolean over = posting.open().isIdle() && !at.isBefore(posting.due());
    if (over && more.equals(TokenCounters.ZERO)) {
      return next.with(Stretch.from(at));
    }
    Instant from = before == null ? latest(replica.start(), posting.open().opened()) : before.at();
    Stretch open = over ? Stretch.from(from) : posting.open();
    long seconds = Math.max(0, at.getEpochSecond() - from.getEpochSecond());
    HourlyRate rate = books.quote(replica.pool(), replica.type(), from).of(replica.gpus());
    return next.with(posting.price(), over ? PricePublisher.after(at) : posting.due())
        .with(open.plus(rate.microsPerHour(), seconds, more, before == null ? 0 : seconds));
  }

  private static Instant latest(Instant left, Instant right) {
    return left.isBefore(right) ? right : left;
  }

  /// Forgets the counters of a replica that is gone; what it served and cost stays.
  public synchronized void gone(TokenLedger.Key key, String uid) {
    Posting posting = postings.get(key);
    if (posting != null && posting.replicas().containsKey(uid)) {
      SortedMap<String, Counted> rest = new TreeMap<>(posting.replicas());
      rest.remove(uid);
      postings.put(key, posting.with(rest));
    }
  }

  /// Forgets the variants that `exists` does not know, but for how far their versions went.
  public synchronized void retain(Predicate<TokenLedger.Key> exists) {
    for (TokenLedger.Key key : List.copyOf(postings.keySet())) {
      if (!exists.test(key)) {
        Posting gone = postings.remove(key);
        moving.remove(key);
        floors.merge(key.namespace(), gone == null ? 0 : gone.price().version(), Math::max);
        moved.add(key.namespace());
      }
    }
  }

  /// When a price may next move; absent while none has a reason to.
  public synchronized Optional<Instant> next(Instant now) {
    return postings.entrySet().stream()
        .filter(entry -> moving.contains(entry.getKey()) || !entry.getValue().open().isIdle())
        .map(entry -> entry.getValue().due())
        .filter(due -> due.isAfter(now))
        .min(Instant::compareTo);
  }

  /// Namespaces of which something is not saved.
  synchronized Set<String> moved() {
    return Set.copyOf(moved);
  }

  /// Namespaces of which something is to be saved before it is posted.
  public synchronized Set<String> urgent() {
    return Set.copyOf(urgent);
  }

  /// Whether nothing was ever posted in `namespace`.
  synchronized boolean isEmpty(String namespace) {
    return !floors.containsKey(namespace)
        && postings.keySet().stream().noneMatch(key -> key.namespace().equals(namespace));
  }

  /// What is to be remembered of a namespace; from then on only what comes later is new.
  synchronized PostedBook book(String namespace, Instant at) {
    moved.remove(namespace);
    urgent.remove(namespace);
    SortedMap<String, SortedMap<String, Posting>> deployments = new TreeMap<>();
    postings.forEach(
        (key, posting) -> {
          if (key.namespace().equals(namespace)) {
            deployments
                .computeIfAbsent(key.deployment(), _ -> new TreeMap<>())
                .put(key.variant(), posting);
          }
        });
    return new PostedBook(at, floors.getOrDefault(namespace, 0L), deployments);
  }

  /// Takes back that a namespace is saved.
  synchronized void unsaved(String namespace) {
    moved.add(namespace);
    urgent.add(namespace);
  }

  /// Goes on from what was remembered of a namespace.
  synchronized void restore(String namespace, PostedBook book) {
    floors.put(namespace, book.floor());
    book.deployments()
        .forEach(
            (deployment, variants) ->
                variants.forEach(
                    (variant, posting) ->
                        postings.put(
                            new TokenLedger.Key(namespace, deployment, variant), posting)));
  }

  /// What was remembered of a namespace cannot be read: its versions go on above all that may have
  /// been given, of which there was less than one a second since 1970.
  synchronized void lost(String namespace, Instant now) {
    floors.put(namespace, now.getEpochSecond());
    moved.add(namespace);
  }
}
