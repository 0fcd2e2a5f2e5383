package dev.comptroller.gateway.ledger;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Pages in memory. A group is on them whole, from one moment to the next.
final class MemoryPages implements Pages {
  private final List<Entry> entries = new ArrayList<>();
  private final List<UsageLine> lines = new ArrayList<>();
  private final Map<String, Entry> reservations = new HashMap<>();
  private final Map<String, Entry> corrections = new HashMap<>();
  private final Map<Long, Entry> endings = new HashMap<>();
  private final Map<Long, Entry> refunds = new HashMap<>();
  private final Map<Account, Tally> tallies = new HashMap<>();
  private Head head = new Head(0, Digest.ZERO, 1, 0);

  /// The end of the chain.
  Head head() {
    return head;
  }

  List<UsageLine> lines() {
    return lines;
  }

  Collection<Tally> tallies() {
    return tallies.values();
  }

  /// Puts a group on the pages.
  void write(Group group, Head after) {
    for (Entry entry : group.entries) {
      entries.add(entry);
      switch (entry.kind()) {
        case RESERVE -> reservations.put(String.valueOf(entry.key()), entry);
        case SETTLE, VOID, EXPIRE -> endings.put(entry.hold(), entry);
        case REFUND -> {
          refunds.put(entry.hold(), entry);
          corrections.put(entry.kind() + "/" + entry.key(), entry);
        }
        case TRUE_UP -> corrections.put(entry.kind() + "/" + entry.key(), entry);
        case EXTEND, LINE -> {}
      }
    }
    lines.addAll(group.lines);
    for (Tally tally : group.touched) {
      tallies.put(tally.account, copy(tally));
    }
    head = after;
  }

  private static Tally copy(Tally tally) {
    return new Tally(tally.account, tally.key, tally.spent, tally.held, tally.limit);
  }

  @Override
  public List<Entry> entries(long from, long to) {
    return entries.subList((int) from - 1, (int) to);
  }

  @Override
  public Optional<Entry> entry(long seq) {
    return seq < 1 || seq > entries.size()
        ? Optional.empty()
        : Optional.of(entries.get((int) seq - 1));
  }

  @Override
  public Optional<Entry> ending(long hold) {
    return Optional.ofNullable(endings.get(hold));
  }

  @Override
  public Optional<Entry> refund(long hold) {
    return Optional.ofNullable(refunds.get(hold));
  }

  @Override
  public Optional<Entry> correction(EntryKind kind, String key) {
    return Optional.ofNullable(corrections.get(kind + "/" + key));
  }

  @Override
  public Map<String, Entry> reservations(Collection<String> keys) {
    Map<String, Entry> found = new HashMap<>();
    for (String key : keys) {
      Entry entry = reservations.get(key);
      if (entry != null) {
        found.put(key, entry);
      }
    }
    return found;
  }

  @Override
  public Tally tally(Account account) {
    Tally known = tallies.get(account);
    return known == null ? new Tally(account, account.key(), 0, 0, null) : copy(known);
  }
}
