package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.relay.Cancellation;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.gateway.wake.WakeLine;
import dev.comptroller.protocol.routing.Route;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Fills idle slots of warm replicas with what is due first.
///
/// A slot is idle if interactive requests leave it over, and while some still wait for their first
/// replica none is: they are counted at every look, so that
/// nothing more is started as soon as they come back; what runs then is put behind them by the
/// replica. One thread looks, each run has a virtual thread of its own.
final class Dispatcher implements AutoCloseable {
  /// How long a claim lasts unless it is renewed.
  static final Duration LEASE = Duration.ofSeconds(60);

  private static final Logger LOG = System.getLogger(Dispatcher.class.getName());
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration LAST_RUNS = Duration.ofSeconds(5);

  private record Run(Claimed item, Cancellation cancellation) {}

  private final LiveTable table;
  private final ItemStore items;
  private final Slots slots;
  private final Waiters waiters;
  private final Runner runner;
  private final Pace pace;
  private final Weather weather;
  private final WakeLine line;
  private final Clock clock;
  private final Set<String> wanted = ConcurrentHashMap.newKeySet();
  private final Map<Long, Run> running = new ConcurrentHashMap<>();
  private final Semaphore news = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closing;

  Dispatcher(
      LiveTable table,
      ItemStore items,
      Slots slots,
      Waiters waiters,
      Runner runner,
      Pace pace,
      Weather weather,
      WakeLine line,
      Clock clock) {
    this.table = table;
    this.items = items;
    this.slots = slots;
    this.waiters = waiters;
    this.runner = runner;
    this.pace = pace;
    this.weather = weather;
    this.line = line;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("queue-dispatcher").unstarted(this::look);
  }

  void start() {
    thread.start();
  }

  /// Says that something may be able to run.
  void wake() {
    if (news.availablePermits() == 0) {
      news.release();
    }
  }

  /// Says that items wait for some models.
  void want(List<String> models) {
    if (wanted.addAll(models)) {
      wake();
    }
  }

  /// Items that run now.
  List<Claimed> running() {
    return running.values().stream().map(Run::item).toList();
  }

  /// Stops the runs of batches whose window has passed.
  void stopExpired(Instant now) {
    for (Run run : running.values()) {
      if (!run.item().deadline().isAfter(now)) {
        run.cancellation().cancel(Cancellation.Cause.CLIENT_GONE);
      }
    }
  }

  /// Starts nothing more, stops what runs, and waits until it is put back.
  @Override
  public void close() {
    closing = true;
    wake();
    waiters.close();
    running.values().forEach(run -> run.cancellation().cancel(Cancellation.Cause.SHUTDOWN));
    try {
      thread.join();
      long end = System.nanoTime() + LAST_RUNS.toNanos();
      while (!running.isEmpty() && System.nanoTime() < end) {
        running.values().forEach(run -> run.cancellation().cancel(Cancellation.Cause.SHUTDOWN));
        Thread.sleep(10);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      while (!closing) {
        boolean _ = news.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        news.drainPermits();
        try {
          round();
        } catch (SQLException e) {
          LOG.log(Level.ERROR, "the queue cannot be read: {0}", e.getMessage());
        } catch (RuntimeException e) {
          LOG.log(Level.ERROR, "a defect while filling idle slots", e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() throws SQLException, InterruptedException {
    Optional<Router> router = table.current().map(LiveTable.InForce::router);
    if (router.isEmpty()) {
      return;
    }
    Set<String> models = new TreeSet<>(wanted);
    models.addAll(waiters.models());
    if (models.isEmpty()) {
      return;
    }
    Set<String> barred = Terms.barred(router.get(), clock.instant());
    for (String model : models) {
      if (router.get().resolve(model) instanceof Resolution.Found(Route route)) {
        fill(model, route, barred);
      } else {
        wanted.remove(model);
      }
    }
  }

  private void fill(String model, Route route, Set<String> barred)
      throws SQLException, InterruptedException {
    pace.idle(model, slots.idle(route));
    List<Slots.Room> rooms = slots.rooms(route);
    rooms.forEach(room -> weather.saw(room.replica()));
    int free = rooms.stream().mapToInt(Slots.Room::free).sum();
    if (free == 0 || closing || line.interactive(model) > 0) {
      return;
    }
    int suspects = (int) rooms.stream().filter(room -> room.free() > 0 && !room.suspect()).count();
    ItemStore.Turn turn =
        wanted.contains(model)
            ? items.claim(
                new ItemStore.Ask(
                    model, free, suspects, waiters.deadlines(model, barred, free), barred, LEASE),
                clock.instant())
            : new ItemStore.Turn(free, List.of());
    if (turn.items().isEmpty() && turn.waiting() == 0) {
      wanted.remove(model);
      return;
    }
    Placing placing = new Placing(rooms);
    List<Claimed> suspectsFirst = new ArrayList<>(turn.items());
    suspectsFirst.sort(Comparator.comparing(Claimed::suspect).reversed());
    for (Claimed item : suspectsFirst) {
      start(item, route, placing.take(item.suspect()));
    }
    int waiting = waiters.deadlines(model, barred, turn.waiting()).size();
    List<Slots.Slot> granted = new ArrayList<>();
    for (int i = 0; i < waiting; i++) {
      granted.add(placing.take(false));
    }
    waiters.grant(model, barred, granted);
  }

  private void start(Claimed item, Route route, Slots.Slot slot) {
    Cancellation cancellation = new Cancellation();
    running.put(item.sequence(), new Run(item, cancellation));
    Thread.ofVirtual()
        .name(item.requestId())
        .start(
            () -> {
              try (slot) {
                runner.run(item, route, slot, cancellation);
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "a defect while running " + item.requestId(), e);
              } finally {
                running.remove(item.sequence());
                wanted.add(item.model());
                wake();
              }
            });
  }

  /// Spreads runs over rooms: a suspect where none runs, everything else where most is free.
  private final class Placing {
    private final List<Slots.Room> rooms;
    private final int[] taken;
    private final boolean[] suspect;

    Placing(List<Slots.Room> rooms) {
      this.rooms = rooms;
      this.taken = new int[rooms.size()];
      this.suspect = new boolean[rooms.size()];
    }

    Slots.Slot take(boolean isSuspect) {
      int best = -1;
      for (int i = 0; i < rooms.size(); i++) {
        int left = rooms.get(i).free() - taken[i];
        boolean fits = left > 0 && !(isSuspect && (rooms.get(i).suspect() || suspect[i]));
        if (fits && (best < 0 || left > rooms.get(best).free() - taken[best])) {
          best = i;
        }
      }
      if (best < 0) {
        throw new IllegalStateException("more was claimed than there is room for: " + rooms);
      }
      taken[best]++;
      suspect[best] |= isSuspect;
      return slots.take(rooms.get(best).leg(), rooms.get(best).replica(), isSuspect);
    }
  }
}
