package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.Workload;
import java.util.ArrayList;
import java.util.List;

/// The replicas of one policy, and what they cost.
///
/// A request goes to the ready replica with the fewest requests, then the fewest prompt tokens.
/// A replica is paid from the moment it is asked for until it has left; it leaves when it has
/// served what it had. The policy is asked every [#TICK] seconds; the newest that start leave
/// first, then the least loaded.
public final class Fleet {
  /// Seconds between two looks of the policy.
  public static final int TICK = 15;

  /// As many replicas as there can be.
  public static final int MOST = 255;

  /// What is the same for all policies.
  ///
  /// @param machine a replica
  /// @param mix the mean request
  /// @param slo what is promised
  /// @param safe the rate at which one replica keeps it
  /// @param most replicas there may be
  /// @param batchWindow seconds that requests may wait, where they may
  public record Rules(
      Machine machine, Workload mix, Slo slo, SafeRate safe, int most, double batchWindow) {}

  /// The paid life of a replica, in milliseconds since the start.
  public record Life(long from, long until) {}

  private record Starting(long from, double readyAt) {}

  private record Member(Server server, long from) {}

  private final Rules rules;
  private final ScalingPolicy policy;
  private final long seconds;
  private final Score score;
  private final Backlog backlog = new Backlog();
  private final History history = new History(TICK);
  private final List<Starting> starting = new ArrayList<>();
  private final List<Member> ready = new ArrayList<>();
  private final List<Member> leaving = new ArrayList<>();
  private final List<Life> lives = new ArrayList<>();
  private final List<Integer> paid = new ArrayList<>();
  /* The servers of `ready`, for speed. */
  private Server[] servers = {};
  private Server.Board board = new Server.Board(0);
  private double nextTick;
  private double nextReady = Double.POSITIVE_INFINITY;
  private boolean looked;
  private int came;
  private long tokensBefore;
  private long changes;
  private double left;

  /// A fleet that lives from one second to another and begins with some ready replicas.
  public Fleet(Rules rules, ScalingPolicy policy, int initial, long start, long seconds) {
    if (rules.most < 1 || rules.most > MOST) {
      throw new IllegalArgumentException(
          "%d replicas at most: give 1 to %d".formatted(rules.most, MOST));
    }
    this.rules = rules;
    nextTick = start;
    this.policy = policy;
    this.seconds = seconds;
    score = new Score(rules.slo, rules.batchWindow, seconds);
    for (int i = 0; i < initial; i++) {
      ready.add(new Member(server(), start * 1000));
    }
    refresh();
  }

  /// Lets the requests of a chunk come, and everything happen until `until`.
  public void run(Arrivals.Chunk chunk, double until) {
    double[] at = chunk.at();
    for (int i = 0; i < chunk.count(); i++) {
      double now = at[i];
      settle(now);
      if (chunk.batch()[i]) {
        score.batchCame();
        backlog.add(now, chunk.input()[i], chunk.output()[i]);
        wake(now);
      } else {
        route(now, chunk.input()[i], chunk.output()[i]);
      }
    }
    settle(Math.nextDown(until));
  }

  /// Serves what has come, without anything new; nothing of that is paid.
  public void end() {
    settle(Math.nextDown((double) seconds));
    long now = seconds * 1000;
    starting.forEach(it -> lives.add(new Life(it.from, now)));
    starting.clear();
    for (Member member : ready) {
      lives.add(new Life(member.from, now));
      member.server.advance((double) seconds);
      member.server.close();
      member.server.advance(Double.MAX_VALUE);
    }
    for (Member member : leaving) {
      member.server.advance(Double.MAX_VALUE);
      lives.add(new Life(member.from, Math.min(now, millis(member.server.lastEnd()))));
    }
    left = backlog.answers();
    for (; backlog.size() > 0; backlog.remove()) {
      score.batchLeft(backlog.oldest(), (double) seconds);
    }
  }

  private void settle(double now) {
    while (nextTick <= now) {
      double tick = nextTick;
      nextTick += TICK;
      ready(tick);
      tick(tick);
    }
    if (nextReady <= now) {
      ready(now);
    }
  }

  private void route(double now, int input, int output) {
    came++;
    score.came(now);
    double[] ends = board.ends();
    for (int i = 0; i < ends.length; i++) {
      if (ends[i] <= now) {
        servers[i].advance(now);
      }
    }
    long least = Long.MAX_VALUE;
    for (long load : board.loads()) {
      least = Math.min(least, load);
    }
    if (!servers[(int) (least & 0xff)].offer(now, input, output)) {
      score.refused(now);
    }
  }

  private void wake(double now) {
    for (Server server : servers) {
      server.advance(now);
      server.wake(now);
    }
  }

  private Server server() {
    return new Server(rules.machine, score, backlog, Sizes.GENERATED.most());
  }

  private void ready(double now) {
    nextReady = Double.POSITIVE_INFINITY;
    boolean changed = false;
    for (int i = 0; i < starting.size(); i++) {
      Starting it = starting.get(i);
      if (it.readyAt <= now) {
        Member member = new Member(server(), it.from);
        ready.add(member);
        member.server.wake(now);
        starting.remove(i--);
        changed = true;
      } else {
        nextReady = Math.min(nextReady, it.readyAt);
      }
    }
    if (changed) {
      refresh();
    }
  }

  private void refresh() {
    servers = ready.stream().map(Member::server).toArray(Server[]::new);
    board = new Server.Board(servers.length);
    for (int i = 0; i < servers.length; i++) {
      servers[i].show(board, i);
    }
  }

  private void tick(double now) {
    for (Server server : servers) {
      server.advance(now);
    }
    for (int i = 0; i < leaving.size(); i++) {
      Member member = leaving.get(i);
      member.server.advance(now);
      if (member.server.isEmpty()) {
        lives.add(new Life(member.from, millis(member.server.lastEnd())));
        leaving.remove(i--);
      }
    }
    if (looked) {
      history.add(came);
      came = 0;
    }
    looked = true;
    int wanted = Math.clamp(policy.replicas(view(now)), 1, rules.most);
    int have = ready.size() + starting.size();
    if (wanted != have) {
      changes++;
    }
    for (int i = have; i < wanted; i++) {
      starting.add(new Starting(millis(now), now + rules.machine.startSeconds()));
      nextReady = Math.min(nextReady, now + rules.machine.startSeconds());
    }
    for (int i = have; i > wanted; i--) {
      leave(now);
    }
    paid.add(ready.size() + starting.size() + leaving.size());
  }

  private void leave(double now) {
    if (!starting.isEmpty()) {
      lives.add(new Life(starting.removeLast().from, millis(now)));
      return;
    }
    Member least = ready.getFirst();
    for (Member member : ready) {
      if (member.server.outstanding() < least.server.outstanding()) {
        least = member;
      }
    }
    ready.remove(least);
    least.server.show(new Server.Board(1), 0);
    least.server.close();
    if (least.server.isEmpty()) {
      lives.add(new Life(least.from, millis(now)));
    } else {
      leaving.add(least);
    }
    refresh();
  }

  private View view(double now) {
    int[] waiting = new int[servers.length];
    int[] running = new int[servers.length];
    double[] kv = new double[servers.length];
    int batch = 0;
    for (int i = 0; i < servers.length; i++) {
      waiting[i] = servers[i].waiting();
      running[i] = servers[i].interactive();
      kv[i] = servers[i].kvUse();
      batch += servers[i].batchRunning();
    }
    double arrivals = history.last(TICK);
    long answered = score.answerTokens();
    double tokens = arrivals * rules.mix.inputTokens() + (answered - tokensBefore) / (double) TICK;
    tokensBefore = answered;
    return new View(
        now,
        ready.size(),
        starting.size(),
        leaving.size(),
        rules.most,
        waiting,
        running,
        kv,
        arrivals,
        tokens,
        history,
        rules.machine.fullRate(rules.mix),
        rules.safe,
        rules.machine.startSeconds(),
        new View.Batch(
            backlog.size(),
            backlog.answers(),
            backlog.size() == 0 ? 0 : now - backlog.oldest(),
            rules.batchWindow,
            batch,
            backlog.firstSpan(),
            backlog.spans()));
  }

  private static long millis(double seconds) {
    return Math.round(seconds * 1000);
  }

  /// What became of requests.
  public Score score() {
    return score;
  }

  /// The paid lives of all replicas, once the end has come.
  public List<Life> lives() {
    return List.copyOf(lives);
  }

  /// Replicas that were paid for, by look.
  public List<Integer> paid() {
    return paid;
  }

  /// Requests waiting or being served in replicas.
  long inside() {
    long sum = 0;
    for (Member member : ready) {
      sum += member.server.outstanding();
    }
    for (Member member : leaving) {
      sum += member.server.outstanding();
    }
    return sum;
  }

  /// Times that the number of replicas was changed.
  public long changes() {
    return changes;
  }

  /// Milliseconds paid, over all replicas.
  public long paidMillis() {
    return lives.stream().mapToLong(life -> life.until - life.from).sum();
  }

  /// What that costs.
  public long micros() {
    return Math.round(paidMillis() / 3_600_000.0 * rules.machine.microsPerHour());
  }

  /// The same, and what full replicas would cost that serve what is left of the backlog at the
  /// end: so that nobody gains by leaving work undone.
  public long microsWithRest() {
    double requests = left / rules.mix.outputTokens();
    double hours = requests / rules.machine.fullRate(rules.mix) / 3600;
    return micros() + Math.round(hours * rules.machine.microsPerHour());
  }
}
