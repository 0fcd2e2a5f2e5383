package dev.comptroller.decide.scale;

import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a deployment is and was asked for, prompts and answers together, in tokens a second; work
/// that may wait is no part of that, it is seen by what is left of it.
///
/// @param latest mean of the last 60 s, or of what is known of them
/// @param minutes means of whole minutes, without a gap, the newest last
/// @param before means of the whole minutes before those, without a gap, the newest last, by which
///   it is known what comes every day at the same minute: [#BEFORE] are enough
/// @param requests how many came in these minutes; empty where they are not counted
/// @param pulse how it swings while a minute lasts
/// @param until end of the newest minute
/// @param profile what hours of the week usually ask for
/// @param waiting requests that wait for a replica, at gateways and in engines' queues
/// @param backlog tokens that these requests will take
/// @param due work that may wait, in the order of its deadlines; absent if that is not known
/// @param lastRequest when the last request came, ended or was still running; absent if none is
///     known
public record DemandSeen(
    double latest,
    List<Double> minutes,
    List<Double> before,
    List<Double> requests,
    Pulse pulse,
    Instant until,
    WeekProfile profile,
    long waiting,
    double backlog,
    @Nullable List<Due> due,
    @Nullable Instant lastRequest) {
  /// Minutes of two days.
  public static final int BEFORE = 2 * 24 * 60;

  public DemandSeen {
    minutes = List.copyOf(minutes);
    before = List.copyOf(before);
    requests = List.copyOf(requests);
    check("latest", latest);
    check("backlog", backlog);
    due = due == null ? null : due.stream().sorted(Comparator.comparing(Due::by)).toList();
    minutes.forEach(rate -> check("minutes[]", rate));
    before.forEach(rate -> check("before[]", rate));
    requests.forEach(count -> check("requests[]", count));
    if (waiting < 0) {
      throw new IllegalArgumentException("waiting is %d, not 0 or more".formatted(waiting));
    }
  }

  /// A demand of which only the last minutes are known, whose requests are not counted.
  public DemandSeen(
      double latest,
      List<Double> minutes,
      Instant until,
      WeekProfile profile,
      long waiting,
      double backlog,
      @Nullable List<Due> due,
      @Nullable Instant lastRequest) {
    this(
        latest,
        minutes,
        List.of(),
        List.of(),
        Pulse.EVEN,
        until,
        profile,
        waiting,
        backlog,
        due,
        lastRequest);
  }

  /// The same when a request is known to have been there at `at`.
  public DemandSeen requestedAt(Instant at) {
    return lastRequest != null && lastRequest.isAfter(at) ? this : with(due, at);
  }

  /// The same without work that may wait.
  public DemandSeen withoutDue() {
    return with(List.of(), lastRequest);
  }

  private DemandSeen with(@Nullable List<Due> due, @Nullable Instant lastRequest) {
    return new DemandSeen(
        latest,
        minutes,
        before,
        requests,
        pulse,
        until,
        profile,
        waiting,
        backlog,
        due,
        lastRequest);
  }

  /// The same as if what the busiest quarters of its minutes ask for were asked for all the time:
  /// capacity that is there for them does not come and go within a minute.
  public DemandSeen atItsBusiest() {
    double times = pulse.times();
    return new DemandSeen(
        times * latest,
        minutes.stream().map(rate -> times * rate).toList(),
        times == 1 ? before : before.stream().map(rate -> times * rate).toList(),
        requests,
        Pulse.EVEN,
        until,
        profile,
        waiting,
        backlog,
        due,
        lastRequest);
  }

  private static void check(String field, double rate) {
    if (!(rate >= 0) || rate > 1e12) {
      throw new IllegalArgumentException("%s is %s, not 0 to 1e12".formatted(field, rate));
    }
  }

  /// All minutes that are known, the newest last.
  double[] all() {
    double[] all = new double[before.size() + minutes.size()];
    int at = 0;
    for (double rate : before) {
      all[at++] = rate;
    }
    for (double rate : minutes) {
      all[at++] = rate;
    }
    return all;
  }

  /// The newest `count` minutes; none where fewer are known.
  public List<TokensPerSecond> last(int count) {
    return count > minutes.size()
        ? List.of()
        : minutes.subList(minutes.size() - count, minutes.size()).stream()
            .map(rate -> new TokensPerSecond(Math.round(rate * 1000)))
            .toList();
  }

  /// The mean of the newest `count` minutes, or of as many as are known; the latest where none is.
  public double mean(int count) {
    List<Double> newest = minutes.subList(Math.max(0, minutes.size() - count), minutes.size());
    return newest.stream().mapToDouble(Double::doubleValue).average().orElse(latest);
  }
}
