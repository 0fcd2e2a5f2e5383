package dev.comptroller.gateway.relay;

import java.io.InputStream;
import java.net.http.HttpResponse;

/// What came of one try at one replica, before the first byte of its answer's body.
sealed interface Attempt {
  /// The replica answers.
  record Answered(HttpResponse<InputStream> response) implements Attempt {}

  /// No connection came about: the replica has not seen the request.
  record Unreachable(String why) implements Attempt {}

  /// The connection broke after the request may have been seen.
  record Broken(String why) implements Attempt {}

  /// The request was cancelled.
  record Cancelled() implements Attempt {}
}
