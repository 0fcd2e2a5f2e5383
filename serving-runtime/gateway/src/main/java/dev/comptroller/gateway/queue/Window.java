package dev.comptroller.gateway.queue;

import dev.comptroller.protocol.routing.Route;
import java.time.Duration;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How long a batch may take.
///
/// `24h` always, as in OpenAI's API; any other whole number of seconds, minutes, hours or days up
/// to the shortest window of the deployments that the batch uses is an extension.
final class Window {
  private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,6})([smhd])");
  private static final Duration STANDARD = Duration.ofHours(24);

  private Window() {}

  static Duration parse(String asked) throws QueueRefused {
    Matcher matcher = FORM.matcher(asked);
    if (!matcher.matches()) {
      throw QueueRefused.bad(
          "completion_window must be 24h, or a whole number of s, m, h or d such as 90m, is "
              + (asked.isEmpty() ? "absent" : InputLine.Reader.cut(asked)),
          "completion_window");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2).charAt(0)) {
      case 's' -> Duration.ofSeconds(number);
      case 'm' -> Duration.ofMinutes(number);
      case 'h' -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  static void require(String asked, Duration window, Collection<Route> routes) throws QueueRefused {
    for (Route route : routes) {
      Duration most = Duration.ofSeconds(route.batch().completionWindowSeconds());
      if (!window.equals(STANDARD) && window.compareTo(most) > 0) {
        throw QueueRefused.bad(
            "completion_window %s is longer than the %d s of deployment %s/%s: ask for that or less, or for 24h"
                .formatted(asked, most.toSeconds(), route.namespace(), route.deployment()),
            "completion_window");
      }
    }
  }
}
