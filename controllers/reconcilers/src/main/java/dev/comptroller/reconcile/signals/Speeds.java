package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.decide.capacity.FirstTokenFit;
import dev.comptroller.decide.capacity.Fit;
import dev.comptroller.decide.capacity.Physics;
import dev.comptroller.decide.capacity.Sizing;
import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.StepCostEstimate;
import dev.comptroller.decide.capacity.StepSample;
import dev.comptroller.decide.capacity.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What a step of each variant costs, learned from its replicas' counters, in memory.
///
/// A speed is given out only when a whole window was observed, a sample is fresh, the model has
/// settled after the last change of speed and its error is small: nothing is decided on less. After
/// a restart everything is learned anew. Thread-safe.
public final class Speeds {
  /// How long a variant must have been observed.
  public static final Duration WINDOW = Duration.ofMinutes(10);

  /// The age at which the last sample no longer counts.
  public static final Duration STALE = Duration.ofMinutes(2);

  /// The largest relative standard error of a rate that is given out.
  public static final double SURE = 0.15;

  private static final int LEAST_SAMPLES = 30;
  private static final double FORGET = 0.98;

  private static final Comparator<TokenLedger.Key> ORDER =
      Comparator.comparing(TokenLedger.Key::namespace)
          .thenComparing(TokenLedger.Key::deployment)
          .thenComparing(TokenLedger.Key::variant);

  /// What was learned of a variant.
  ///
  /// @param steps the cost of its steps
  /// @param rejected samples that were set aside
  /// @param drifts changes of speed that were noticed
  public record Learned(StepCostEstimate steps, long rejected, long drifts) {}

  private final Map<TokenLedger.Key, Book> books = new HashMap<>();

  private static final class Book {
    final Map<String, EngineCounters> last = new HashMap<>();
    @Nullable Fit steps;
    @Nullable FirstTokenFit firsts;
    @Nullable Instant since;
    Instant at = Instant.EPOCH;
    double requests;
    double prompt;
    double cached;
    double generated;
    double kvTokens = Double.POSITIVE_INFINITY;
    @Nullable Sized sized;
  }

  /// What a rate follows from.
  private record Basis(
      Fit steps, Optional<FirstTokenFit> firsts, Limits limits, Workload mix, Slo slo) {
    SafeRate rate() {
      return Sizing.largestRate(
          steps.stepCost(), firsts.map(FirstTokenFit::curve), limits, mix, slo);
    }
  }

  /// The rate that was worked out last: several ask for it between two samples.
  private record Sized(Basis basis, SafeRate rate) {}

  /// Takes in what a replica of a variant exports.
  ///
  /// @param uid of its pod
  /// @param prior what its steps should cost; absent if nobody knows
  public void add(
      TokenLedger.Key variant,
      String uid,
      Instant at,
      String text,
      Supplier<Optional<Belief>> prior) {
    EngineCounters.read(at, text).ifPresent(now -> take(variant, uid, now, prior));
  }

  private synchronized void take(
      TokenLedger.Key variant, String uid, EngineCounters now, Supplier<Optional<Belief>> prior) {
    Book book = books.computeIfAbsent(variant, _ -> new Book());
    EngineCounters before = book.last.get(uid);
    if (before != null && now.at().isBefore(before.at().plus(EngineCounters.LEAST))) {
      return;
    }
    book.last.put(uid, now);
    if (now.kvCapacity() != null) {
      book.kvTokens = Math.max(1, now.kvCapacity());
    }
    if (before != null) {
      now.since(before).ifPresent(interval -> learn(book, now.at(), interval, prior));
    }
  }

  private static void learn(
      Book book, Instant at, EngineCounters.Interval interval, Supplier<Optional<Belief>> prior) {
    if (interval.requests() > 0) {
      book.requests = FORGET * book.requests + interval.requests();
      book.prompt = FORGET * book.prompt + interval.promptTokens();
      book.cached = FORGET * book.cached + interval.cachedTokens();
      book.generated = FORGET * book.generated + interval.generatedTokens();
    } else {
      book.prompt += interval.promptTokens();
      book.cached += interval.cachedTokens();
      book.generated += interval.generatedTokens();
    }
    StepSample step = interval.step();
    if (step == null) {
      return;
    }
    Fit known = book.steps;
    if (known == null) {
      Belief first = prior.get().orElseGet(() -> Physics.stepBelief(step));
      known = Fit.from(first, Fit.STEP_NOISE);
      book.since = at;
    }
    book.steps = known.seeing(step);
    book.at = at;
    Double first = interval.firstSeconds();
    if (first != null) {
      learnFirst(book, known.stepCost(), interval, first);
    }
  }

  /// Prompts are counted when they are computed or when they end, as the engine likes, so that the
  /// mean prompt of the last requests stands for those of the interval.
  private static void learnFirst(
      Book book, StepCostEstimate steps, EngineCounters.Interval interval, double seconds) {
    Optional<Workload> mix = mix(book);
    if (mix.isPresent()) {
      FirstTokenFit known = book.firsts;
      if (known == null) {
        known = FirstTokenFit.from(Physics.CALIBRATED.firstTokenCost(steps.cost()));
      }
      book.firsts = known.seeing(mix.get(), interval.sequences(), seconds, interval.requests());
    }
  }

  /// The mean request that a variant serves; absent before there was one.
  public synchronized Optional<Workload> mix(TokenLedger.Key variant) {
    Book book = books.get(variant);
    return book == null ? Optional.empty() : mix(book);
  }

  private static Optional<Workload> mix(Book book) {
    if (book.requests < 1 || book.generated < book.requests) {
      return Optional.empty();
    }
    double cached = book.prompt > 0 ? Math.clamp(book.cached / book.prompt, 0, 1) : 0;
    return Optional.of(
        new Workload(book.prompt / book.requests, book.generated / book.requests, cached));
  }

  /// What is known of a step of a variant, however little; absent before a step was seen.
  public synchronized Optional<StepCostEstimate> stepCost(TokenLedger.Key variant) {
    Book book = books.get(variant);
    return book == null || book.steps == null
        ? Optional.empty()
        : Optional.of(book.steps.stepCost());
  }

  /// What was learned of each variant, however little, in the order of their names.
  public synchronized SortedMap<TokenLedger.Key, Learned> learned() {
    SortedMap<TokenLedger.Key, Learned> all = new TreeMap<>(ORDER);
    books.forEach(
        (key, book) -> {
          Fit fit = book.steps;
          if (fit != null) {
            all.put(key, new Learned(fit.stepCost(), fit.rejected(), fit.drifts()));
          }
        });
    return all;
  }

  /// The largest rate of one replica, if it is sure.
  public Optional<SafeRate> rate(TokenLedger.Key variant, Limits declared, Slo slo, Instant now) {
    Basis basis;
    Book book;
    synchronized (this) {
      book = books.get(variant);
      if (book == null || book.steps == null || book.since == null || mix(book).isEmpty()) {
        return Optional.empty();
      }
      boolean whole = !book.since.plus(WINDOW).isAfter(now);
      boolean fresh = !book.at.plus(STALE).isBefore(now);
      if (!whole || !fresh || book.steps.samples() < LEAST_SAMPLES) {
        return Optional.empty();
      }
      basis =
          new Basis(
              book.steps,
              Optional.ofNullable(book.firsts).filter(fit -> fit.samples() >= LEAST_SAMPLES),
              new Limits(
                  declared.maxSequences(),
                  declared.maxBatchedTokens(),
                  Math.min(declared.kvTokens(), book.kvTokens)),
              mix(book).orElseThrow(),
              slo);
      Sized sized = book.sized;
      if (sized != null && sized.basis().equals(basis)) {
        return sure(sized.rate());
      }
    }
    SafeRate rate = basis.rate();
    synchronized (this) {
      book.sized = new Sized(basis, rate);
    }
    return sure(rate);
  }

  private static Optional<SafeRate> sure(SafeRate rate) {
    return rate.error() <= SURE ? Optional.of(rate) : Optional.empty();
  }

  /// Forgets the deployments that `exists` does not know.
  public synchronized void retain(Predicate<TokenLedger.Key> exists) {
    books.keySet().removeIf(key -> !exists.test(key));
  }

  /// Forgets the counters of replicas that are gone; what was learned of them stays.
  public synchronized void gone(TokenLedger.Key variant, String uid) {
    Book book = books.get(variant);
    if (book != null) {
      book.last.remove(uid);
    }
  }
}
