package dev.comptroller.gateway.http;

import org.jspecify.annotations.Nullable;

/// Who sends a request and what it is booked on.
///
/// @param namespace that pays; absent while clients are not identified
/// @param feature of that namespace; absent while clients are not identified
/// @param trafficClass `interactive` or `batch`
record Identity(@Nullable String namespace, @Nullable String feature, String trafficClass) {
  /// A client that is not identified.
  static final Identity UNKNOWN = new Identity(null, null, "interactive");
}
