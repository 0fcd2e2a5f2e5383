package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.meter.AnswerMeter;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One request on its way to a replica.
///
/// @param route the deployment that serves it
/// @param legs that may serve it, the one it was given first
/// @param path of the endpoint, the same at the replica
/// @param headers to send to the replica
/// @param body to send to the replica
/// @param stream whether the client asked for a stream
/// @param includeUsage whether it asked for the usage in it
/// @param choices how many answers it asked for
/// @param tier that its answer names; absent if it names what the replica says
/// @param meter counts what the answer uses
/// @param startNanos when the request came, on the monotonic clock
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record Call(
    Route route,
    List<Leg> legs,
    String path,
    Map<String, String> headers,
    byte[] body,
    boolean stream,
    boolean includeUsage,
    int choices,
    @Nullable String tier,
    AnswerMeter meter,
    long startNanos) {
  public Call {
    legs = List.copyOf(legs);
    headers = Map.copyOf(headers);
  }
}
