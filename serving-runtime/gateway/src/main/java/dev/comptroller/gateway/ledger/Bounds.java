package dev.comptroller.gateway.ledger;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Accounts and limits as one text of an entry: `ACCOUNT=LIMIT` with spaces between, `-` for none.
final class Bounds {
  private Bounds() {}

  static String write(List<Bound> bounds) {
    StringBuilder text = new StringBuilder();
    for (Bound bound : bounds) {
      put(text, bound.account().key(), bound.limitMicros());
    }
    return text.toString();
  }

  static void put(StringBuilder text, String account, @Nullable Long limit) {
    if (!text.isEmpty()) {
      text.append(' ');
    }
    text.append(account).append('=');
    if (limit == null) {
      text.append('-');
    } else {
      text.append(limit.longValue());
    }
  }

  static List<Bound> read(@Nullable String text) {
    List<Bound> bounds = new ArrayList<>();
    if (text != null && !text.isEmpty()) {
      for (String part : text.split(" ", -1)) {
        int equals = part.lastIndexOf('=');
        String limit = part.substring(equals + 1);
        bounds.add(
            new Bound(
                Account.parse(part.substring(0, equals)),
                limit.equals("-") ? null : Long.valueOf(limit)));
      }
    }
    return bounds;
  }
}
