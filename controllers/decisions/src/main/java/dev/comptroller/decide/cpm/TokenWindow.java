package dev.comptroller.decide.cpm;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.Tokens;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Tokens of the pods of a variant over a sliding window, from samples of their counters.
///
/// A counter's growth between two samples is spread evenly over the time between them, in buckets
/// of 1/360 of the window (10 s of an hour). A counter that shrank, or of a process that started
/// since, began again at zero. A pod that is first seen counts from zero at its start if it started
/// within the window, else from its first sample. A pod that vanishes keeps its tokens, and its
/// last counters for the length of the window in case it comes back.
///
/// Memory: 361 buckets and one entry for each pod seen within the window. Not thread-safe: one
/// owner.
public final class TokenWindow {
  private static final int BUCKETS = 360;

  private final long bucketMillis;
  private final Duration length;
  private final TreeMap<Long, Sums> buckets = new TreeMap<>();
  private final Map<String, TokenSample> last = new TreeMap<>();
  private @Nullable Instant since;

  /// Whether nothing was counted before [#since].
  private boolean complete = true;

  private @Nullable Instant latest;

  /// A window of this length, one hour by default in the API.
  public TokenWindow(Duration length) {
    if (length.toMillis() < BUCKETS) {
      throw new IllegalArgumentException("window of %s: need 1 s or more".formatted(length));
    }
    this.length = length;
    this.bucketMillis = length.toMillis() / BUCKETS;
  }

  private record Sums(long prompt, long generation) {
    Sums plus(long morePrompt, long moreGeneration) {
      return new Sums(Math.addExact(prompt, morePrompt), Math.addExact(generation, moreGeneration));
    }
  }

  /// Takes a sample in. One that is not newer than the last of its pod is ignored.
  public void add(TokenSample sample) {
    prune(sample.at());
    TokenSample before = last.get(sample.pod());
    if (before == null) {
      first(sample);
    } else if (sample.at().isAfter(before.at())) {
      Instant from = before.at();
      boolean reset =
          sample.prompt() < before.prompt()
              || sample.generation() < before.generation()
              || sample.startedAt().isAfter(before.at());
      spread(
          from,
          sample.at(),
          reset ? sample.prompt() : sample.prompt() - before.prompt(),
          reset ? sample.generation() : sample.generation() - before.generation());
    } else {
      return;
    }
    last.put(sample.pod(), sample);
    latest = latest == null ? sample.at() : later(latest, sample.at());
  }

  /// Tokens from the window's start, or from when everything is known, to `now`; absent if they are
  /// fewer than `minimum` or no time has passed.
  public Optional<WindowTokens> tokens(Instant now, Tokens minimum) {
    prune(now);
    Instant known = since;
    Instant end = latest;
    if (known == null || end == null) {
      return Optional.empty();
    }
    // While all of it is younger than the window, the first bucket counts in full from `since` on;
    // later, what is left of a bucket that the window cuts is left out, tokens and time alike.
    boolean whole = complete && !known.isBefore(now.minus(length));
    long firstBucket =
        whole
            ? Math.floorDiv(known.toEpochMilli(), bucketMillis)
            : Math.ceilDiv(later(known, now.minus(length)).toEpochMilli(), bucketMillis);
    Instant from =
        whole ? known : Instant.ofEpochMilli(Math.multiplyExact(firstBucket, bucketMillis));
    if (!from.isBefore(end)) {
      return Optional.empty();
    }
    Sums sum = new Sums(0, 0);
    for (Sums bucket : buckets.tailMap(firstBucket, true).values()) {
      sum = sum.plus(bucket.prompt(), bucket.generation());
    }
    WindowTokens tokens =
        new WindowTokens(
            new Window(from, end), new Tokens(sum.prompt()), new Tokens(sum.generation()));
    return tokens.total().compareTo(minimum) < 0 ? Optional.empty() : Optional.of(tokens);
  }

  /// How many pods and buckets are held: the measure of its memory.
  public int size() {
    return buckets.size() + last.size();
  }

  private void first(TokenSample sample) {
    boolean within = !sample.startedAt().isBefore(sample.at().minus(length));
    Instant start = within ? earlier(sample.startedAt(), sample.at()) : null;
    if (since == null) {
      since = start == null ? sample.at() : start;
    }
    if (start != null) {
      spread(start, sample.at(), sample.prompt(), sample.generation());
    } else if (sample.prompt() + sample.generation() > 0) {
      // Tokens from before the first sample are lost: the window is complete only from here on.
      since = later(since, sample.at());
      complete = complete && buckets.isEmpty();
    }
  }

  private void spread(Instant from, Instant to, long prompt, long generation) {
    long start = from.toEpochMilli();
    long span = to.toEpochMilli() - start;
    if (span <= 0) {
      put(to.toEpochMilli(), prompt, generation);
      return;
    }
    long promptDone = 0;
    long generationDone = 0;
    long cursor = start;
    while (cursor < start + span) {
      long next = Math.min(start + span, (Math.floorDiv(cursor, bucketMillis) + 1) * bucketMillis);
      long promptDue = portion(prompt, next - start, span);
      long generationDue = portion(generation, next - start, span);
      put(cursor, promptDue - promptDone, generationDue - generationDone);
      promptDone = promptDue;
      generationDone = generationDue;
      cursor = next;
    }
  }

  private void put(long millis, long prompt, long generation) {
    if (prompt > 0 || generation > 0) {
      long bucket = Math.floorDiv(millis, bucketMillis);
      buckets.put(bucket, buckets.getOrDefault(bucket, new Sums(0, 0)).plus(prompt, generation));
    }
  }

  /// `tokens * part / whole`, without overflow: `part <= whole`, and both are milliseconds.
  private static long portion(long tokens, long part, long whole) {
    return Math.addExact(tokens / whole * part, Math.multiplyExact(tokens % whole, part) / whole);
  }

  private void prune(Instant now) {
    Instant start = now.minus(length);
    buckets.headMap(Math.floorDiv(start.toEpochMilli(), bucketMillis), false).clear();
    last.values().removeIf(sample -> sample.at().isBefore(start));
  }

  private static Instant earlier(Instant left, Instant right) {
    return left.isBefore(right) ? left : right;
  }

  private static Instant later(Instant left, Instant right) {
    return left.isAfter(right) ? left : right;
  }
}
