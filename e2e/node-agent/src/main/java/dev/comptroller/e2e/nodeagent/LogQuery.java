package dev.comptroller.e2e.nodeagent;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What part of a log is asked for.
/// @param tailLines the last lines only; -1 for all
/// @param since lines from then on only
/// @param limitBytes at most so much; -1 for all
record LogQuery(
    boolean follow,
    boolean previous,
    boolean timestamps,
    long tailLines,
    @Nullable Instant since,
    long limitBytes) {

  /// Reads the query of a request.
  static LogQuery parse(@Nullable String query, Instant now) {
    Map<String, String> values = new HashMap<>();
    for (String part : (query == null ? "" : query).split("&", -1)) {
      int at = part.indexOf('=');
      if (at > 0) {
        values.put(
            part.substring(0, at),
            URLDecoder.decode(part.substring(at + 1), StandardCharsets.UTF_8));
      }
    }
    Instant since = null;
    long seconds = number(values, "sinceSeconds");
    if (seconds >= 0) {
      since = now.minusSeconds(seconds);
    }
    String time = values.get("sinceTime");
    if (time != null) {
      try {
        since = Instant.parse(time);
      } catch (DateTimeException e) {
        throw new IllegalArgumentException("sinceTime: \"" + time + "\" is no RFC 3339 time", e);
      }
    }
    return new LogQuery(
        Boolean.parseBoolean(values.get("follow")),
        Boolean.parseBoolean(values.get("previous")),
        Boolean.parseBoolean(values.get("timestamps")),
        number(values, "tailLines"),
        since,
        number(values, "limitBytes"));
  }

  private static long number(Map<String, String> values, String name) {
    String text = values.get(name);
    if (text == null) {
      return -1;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(name + ": \"" + text + "\" must be a number from 0 on");
  }
}
