package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.gateway.durable.WritePoint;
import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.ledger.Corrected;
import dev.comptroller.gateway.ledger.Correction;
import dev.comptroller.gateway.ledger.Extended;
import dev.comptroller.gateway.ledger.HoldId;
import dev.comptroller.gateway.ledger.HoldState;
import dev.comptroller.gateway.ledger.Outcome;
import dev.comptroller.gateway.ledger.Refused;
import dev.comptroller.gateway.ledger.Reservation;
import dev.comptroller.gateway.ledger.Reserved;
import dev.comptroller.gateway.ledger.Settled;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.meter.Usage;
import dev.comptroller.gateway.money.Cost;
import dev.comptroller.gateway.money.Escrow;
import dev.comptroller.gateway.money.Growth;
import dev.comptroller.gateway.money.Opened;
import dev.comptroller.gateway.money.Terms;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A fixed run of everything that a gateway writes, asked for by callers that repeat what was not
/// acknowledged, with the means an API gives them: idempotency keys, and a look at what is there.
final class Story {
  static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  static final Owner OWNER = new Owner("team-a", "night");
  static final Account.Feature FEATURE =
      new Account.Feature("team-a", "night", Instant.parse("2026-03-01T00:00:00Z"));
  static final Account.TrueUp TRUE_UP =
      new Account.TrueUp("team-a", "chat/large", FEATURE.periodStart());
  static final List<Bound> BOUNDS = List.of(new Bound(FEATURE, 1_000_000L));
  private static final PostedPrice PRICE =
      new PostedPrice(1, "Declared", 1_000_000, 500_000, 3_000_000);
  private static final String MODEL = "team-a/chat";
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final String TABLE =
      """
      {"schema":2,"routes":[{"namespace":"team-a","deployment":"chat","activeVariant":"large",
      "why":"%s","legs":[{"variant":"large","quality":0.9,"weight":100,"replicaHourMicros":1,
      "postedPrice":{"version":1,"source":"Declared","inputMicros":1,"cachedInputMicros":1,
      "outputMicros":1},"replicas":[{"name":"r","address":"127.0.0.1:1","maxSequences":3}]}]}],
      "accounts":[]}""";

  /// One thing that somebody wants done.
  @FunctionalInterface
  private interface Step {
    void run(Stores stores) throws Exception;
  }

  private final Path root;
  private final Stores.Time time = new Stores.Time(START);
  private final List<Step> steps = new ArrayList<>();
  private WritePoint point;
  private int processes;
  private @Nullable Stores stores;

  /// A story whose data is below a folder.
  Story(Path root, WritePoint point) {
    this.root = root;
    this.point = point;
    tell();
  }

  /// Tells it to its end, through at most one crash; what is on disk then.
  End run(StopAt stop) throws Exception {
    int next = 0;
    while (next < steps.size()) {
      try {
        Stores now = stores == null ? start() : stores;
        steps.get(next).run(now);
        next++;
      } catch (Exception | StopAt.Stopped | AssertionError e) {
        if (!stop.stopped() || point == WritePoint.OPEN) {
          throw e;
        }
        boolean _ = Thread.interrupted();
        crash();
      }
    }
    Stores last = Objects.requireNonNull(stores);
    End end = End.of(last);
    last.close();
    return end;
  }

  private Stores start() throws Exception {
    Stores opened = new Stores(root.resolve("data-" + processes), BOUNDS, time, point);
    stores = opened;
    opened.recover();
    return opened;
  }

  /// The process is gone: the next one starts from a copy of what is on disk.
  private void crash() throws Exception {
    point = WritePoint.OPEN;
    again();
  }

  private void again() throws Exception {
    Stores gone = Objects.requireNonNull(stores, "it stopped before it had opened");
    stores = null;
    processes++;
    gone.copyTo(root.resolve("data-" + processes));
    gone.close();
  }

  private void tell() {
    steps.add(now -> table(now, "first"));
    steps.add(now -> table(now, "second"));
    steps.add(now -> answer(now, "key/a", 100, 70));
    steps.add(now -> answer(now, "key/deferred", 50, 40));
    steps.add(Story::cancel);
    steps.add(Story::forget);
    steps.add(Stores::outlive);
    steps.add(Story::refund);
    steps.add(
        now -> {
          Corrected done =
              now.ledger.correct(new Correction.TrueUp("true-up/1", TRUE_UP, -17, "measured"));
          assertThat(done).isNotInstanceOf(Corrected.NotRefundable.class);
        });
    steps.add(now -> now.ledger.append(line("use/" + UUID.randomUUID(), null, 100)));
    batch("one", Duration.ofHours(10), List.of("ok1", "bad", "twice", "ok2", "{"));
    steps.add(now -> claimAndDie(now, "one"));
    steps.add(now -> work(now, "one", Integer.MAX_VALUE));
    steps.add(now -> now.publisher.publish());
    batch("two", Duration.ofHours(10), List.of("c1", "c2", "c3"));
    steps.add(now -> work(now, "two", 1));
    steps.add(now -> now.batches.cancel(found(now, "two"), time.instant()));
    steps.add(now -> now.publisher.publish());
    batch("three", Duration.ofHours(1), List.of("e1", "e2", "e3"));
    steps.add(now -> work(now, "three", 1));
    steps.add(this::expire);
    steps.add(now -> now.publisher.publish());
    steps.add(Story::delete);
    steps.add(Stores::outlive);
  }

  private static void table(Stores now, String why) {
    assertThat(now.table.offer(TABLE.formatted(why).getBytes(StandardCharsets.UTF_8), "story"))
        .isTrue();
  }

  /// A client with a key: asks until it was answered, or is told that it was charged.
  private static void answer(Stores now, String key, int tariff, long output) throws Exception {
    Cost cost = new Cost(PRICE, tariff);
    Terms terms = new Terms(key, "print", () -> BOUNDS, false, false, 80, 4_096, 1);
    while (true) {
      Escrow escrow = new Escrow(now.ledger, terms, new Growth(), now.time::nanos);
      switch (escrow.open(PRICE, tariff)) {
        case Opened.Open _ -> {
          Usage used = Usage.NONE;
          for (long written = 1; written <= output; written++) {
            used = new Usage(50, 0, written, false);
            assertThat(escrow.covers(used)).isTrue();
          }
          Usage all = used;
          UsageLine _ =
              escrow.settle(
                  escrow.charge(all), micros -> line("use/" + UUID.randomUUID(), micros, tariff));
          assertThat(cost.of(all)).isPositive();
          return;
        }
        case Opened.Done _ -> {
          return;
        }
        case Opened.Running() -> now.outlive();
        case Opened other -> throw new AssertionError(other.toString());
      }
    }
  }

  /// A request that came to nothing.
  private static void cancel(Stores now) throws Exception {
    Terms terms =
        new Terms("req/" + UUID.randomUUID(), "print", () -> BOUNDS, true, false, 9, 9, 1);
    Escrow escrow = new Escrow(now.ledger, terms, new Growth(), now.time::nanos);
    assertThat(escrow.open(PRICE, 100)).isInstanceOf(Opened.Open.class);
    escrow.cancel();
  }

  /// A request whose end nobody told.
  private static void forget(Stores now) throws Exception {
    assertThat(now.ledger.reserve(asked("raw/forgotten"))).isNotInstanceOf(Refused.class);
  }

  private static Reservation asked(String key) {
    return new Reservation(key, "print", BOUNDS, 300, 1L, Duration.ofMinutes(10));
  }

  /// A caller that goes on with the hold that it has, and wants its money back after all.
  private static void refund(Stores now) throws Exception {
    HoldId hold =
        switch (now.ledger.reserve(asked("raw/refunded"))) {
          case Reserved.Held(HoldId made, _) -> made;
          case Reserved.Replayed(HoldId made, HoldState state, _, _) -> {
            assertThat(state).isIn(HoldState.OPEN, HoldState.SETTLED);
            yield made;
          }
          case Reserved other -> throw new AssertionError(other.toString());
        };
    if (now.ledger.extend(hold, 10, List.of()) instanceof Extended.Granted) {
      Settled settled = now.ledger.settle(hold, 222, line("use/refunded", 222L, 100));
      assertThat(settled).isInstanceOf(Settled.Booked.class);
    }
    assertThat(now.ledger.correct(new Correction.Refund("refund/1", hold, 222, "late")))
        .isInstanceOfAny(Corrected.Booked.class, Corrected.Repeated.class);
  }

  /// Uploads a file, asks for a batch of it, and lets it be read.
  private void batch(String name, Duration window, List<String> ids) {
    steps.add(now -> upload(now, name, ids));
    steps.add(
        now -> {
          if (now.batches.list(OWNER, null, 10).stream().noneMatch(it -> named(it, name))) {
            assertThat(now.batches.create(submission(now, name, window))).isPresent();
          }
        });
    steps.add(
        now -> {
          for (Batch batch : now.batches.in(BatchState.VALIDATING)) {
            now.reader.queue(batch, now.table.current().orElseThrow().router());
          }
        });
  }

  private static void upload(Stores now, String name, List<String> ids) throws Exception {
    if (file(now, name) == null) {
      String id = FileStore.newId();
      try (FileStore.Draft draft = now.files.draft(id)) {
        for (String custom : ids) {
          byte[] bytes = (input(custom) + "\n").getBytes(StandardCharsets.UTF_8);
          draft.write(bytes, bytes.length);
        }
        StoredFile _ =
            now.files.keep(
                draft, id, new FileStore.Description(OWNER, name + ".jsonl", "batch", null));
      }
    }
  }

  private static String input(String custom) {
    return custom.equals("{")
        ? custom
        : """
          {"custom_id":"%s","method":"POST","url":"/v1/completions",\
          "body":{"model":"chat","prompt":"p","max_tokens":5}}"""
            .formatted(custom);
  }

  private static @Nullable StoredFile file(Stores now, String name) throws Exception {
    return now.files.list(OWNER, "batch", true, null, 10).stream()
        .filter(it -> it.filename().equals(name + ".jsonl"))
        .findFirst()
        .orElse(null);
  }

  private BatchStore.Submission submission(Stores now, String name, Duration window)
      throws Exception {
    return new BatchStore.Submission(
        OWNER,
        "/v1/completions",
        Objects.requireNonNull(file(now, name)).id(),
        "10h",
        "{\"name\":\"" + name + "\"}",
        time.instant(),
        time.instant().plus(window),
        null,
        new Batch.Promise(true, "", null),
        50,
        List.of());
  }

  static boolean named(Batch batch, String name) {
    return String.valueOf(batch.metadata()).contains("\"" + name + "\"");
  }

  private static Batch found(Stores now, String name) throws Exception {
    return now.batches.list(OWNER, null, 10).stream()
        .filter(it -> named(it, name))
        .findFirst()
        .orElseThrow();
  }

  private List<Claimed> claim(Stores now, int slots) throws Exception {
    return now.items
        .claim(new ItemStore.Ask(MODEL, slots, slots, List.of(), Set.of(), LEASE), time.instant())
        .items();
  }

  /// Items run and half a file is there when the process ends, once.
  private void claimAndDie(Stores now, String name) throws Exception {
    if (found(now, name).counts().completed() > 0) {
      return;
    }
    for (Claimed item : claim(now, 2)) {
      assertThat(now.bills.hold(item, 40, 1)).isInstanceOf(Bills.Hold.Held.class);
    }
    byte[] half = {'h'};
    now.files.draft(FileStore.newId()).write(half, 1);
    String whole = FileStore.newId();
    FileStore.Draft draft = now.files.draft(whole);
    draft.write(half, 1);
    draft.publish(whole);
    again();
    Stores _ = start();
  }

  /// What a runner does with the items that are handed to it, until so many are completed.
  private void work(Stores now, String name, long most) throws Exception {
    now.biller.billAll(time.instant().plus(Duration.ofDays(1)));
    while (found(now, name).counts().completed() < most) {
      List<Claimed> claimed = claim(now, 1);
      if (claimed.isEmpty()) {
        return;
      }
      run(now, claimed.getFirst());
    }
  }

  private void run(Stores now, Claimed item) throws Exception {
    Instant at = time.instant();
    if (!(now.bills.hold(item, 40, 1) instanceof Bills.Hold.Held(long hold))) {
      throw new AssertionError("no money");
    }
    boolean good = !item.customId().equals("bad");
    if (item.customId().equals("twice") && item.crashes() == 0) {
      assertThat(now.items.putBack(item, at, true, at)).isTrue();
      now.bills.free(hold);
      return;
    }
    Answer answer =
        new Answer(
            good,
            "{\"custom_id\":\"%s\",\"good\":%b}".formatted(item.customId(), good),
            "large",
            "r",
            new Usage(3, 0, 2, false),
            good ? new Answer.Price(1, 10 + item.line(), 20 + 2L * item.line()) : null,
            good ? Long.valueOf(hold) : null,
            1L,
            5);
    assertThat(now.items.answer(item, answer, at)).isTrue();
    if (good) {
      now.biller.bill(item.sequence());
    } else {
      now.bills.free(hold);
    }
  }

  /// The window ends while an item runs.
  private void expire(Stores now) throws Exception {
    for (Claimed item : claim(now, 1)) {
      assertThat(now.bills.hold(item, 40, 1)).isInstanceOf(Bills.Hold.Held.class);
    }
    Batch batch = found(now, "three");
    if (time.instant().isBefore(batch.deadline())) {
      time.pass(Duration.between(time.instant(), batch.deadline()));
      now.notice();
    }
    int _ = now.items.expire(batch, time.instant());
  }

  private static void delete(Stores now) throws Exception {
    StoredFile file = file(now, "one");
    if (file != null) {
      now.files.delete(file);
    }
    now.files.sweep();
  }

  private static UsageLine line(String id, @Nullable Long charge, int tariff) {
    return new UsageLine(
        id,
        "req",
        START,
        "chat",
        "team-a",
        "chat",
        "large",
        "r",
        "team-a",
        "night",
        "interactive",
        true,
        Outcome.OK,
        200,
        "stop",
        new Usage(10, 0, 4, false),
        charge == null ? null : Long.valueOf(1),
        charge,
        tariff,
        null,
        1);
  }
}
