package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.queue.order.Coarse;
import dev.comptroller.gateway.route.Router;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is left of work that may wait, by when it is due: items of batches and deferred requests.
///
/// It is what replicas are started for, so it counts only as far as it could run: its payer is not
/// barred, and its accounts have something left. Tokens are a guess that is rather too high: those
/// of prompts by their length, those of answers by the most that is asked for.
record DueWork(ItemStore items, Waiters waiters, Purses purses) {
  /// Work of one model that is due at one time.
  record Row(String model, Instant by, long tokens) {}

  /// All of it, by model and deadline.
  List<Row> rows(Router router, Instant now) throws SQLException {
    Set<String> barred = Terms.barred(router, now);
    Map<String, SortedMap<Long, Long>> byModel = new TreeMap<>();
    Purses.Look payers = purses.look(barred);
    for (ItemStore.Left left : items.left(now)) {
      if (payers.pay(left.payer(), left.owner(), left.model())) {
        add(byModel, left.model(), left.deadlineMillis(), left.tokens());
      }
    }
    for (Waiters.Left left : waiters.left(barred)) {
      add(byModel, left.model(), left.deadlineMillis(), left.tokens());
    }
    List<Row> rows = new ArrayList<>();
    byModel.forEach(
        (model, exact) ->
            Coarse.of(exact, now.toEpochMilli())
                .forEach(
                    (by, tokens) -> rows.add(new Row(model, Instant.ofEpochMilli(by), tokens))));
    return rows;
  }

  private static void add(
      Map<String, SortedMap<Long, Long>> byModel, String model, long by, long tokens) {
    byModel.computeIfAbsent(model, _ -> new TreeMap<>()).merge(by, tokens, Long::sum);
  }
}
