package dev.comptroller.gateway.money;

import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How far the requests that run have grown beyond what they first held, by account.
///
/// Requests met at a random moment are on average halfway: what they have grown is what they will
/// still grow, however long answers are. So a newcomer that leaves this much of an account lets
/// those that run come to their ends, and one that does not would have them cut. It is a forecast
/// and bounds nothing; the ledger does.
public final class Growth {
  private final Map<Account, Long> grown = new ConcurrentHashMap<>();

  /// Micro-dollars that the requests of an account have grown by.
  long of(Account account) {
    return grown.getOrDefault(account, 0L);
  }

  /// Counts a request's growth, or takes it back when the request ends.
  void add(List<Bound> bounds, long micros) {
    for (Bound bound : bounds) {
      var _ =
          grown.compute(
              bound.account(),
              (_, before) -> {
                long now = Math.addExact(before == null ? 0 : before, micros);
                return now == 0 ? null : Long.valueOf(now);
              });
    }
  }
}
