package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.meter.Usage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What one request did and what it is charged: one line of the ledger, never changed.
///
/// @param id of the line, made by the gateway
/// @param requestId what `x-request-id` said, the client's or the gateway's
/// @param at when the request was settled
/// @param model as the client asked for it, cut at 256 characters; empty if it asked for none
/// @param namespace of the deployment that served; empty if none was found
/// @param deployment that served; empty if none was found
/// @param variant that served; empty if none did
/// @param replica that served last; empty if none did
/// @param payer namespace that is charged; absent where the client is not identified
/// @param feature of the payer that the request is booked on; absent where there is none
/// @param trafficClass `interactive` or `batch`
/// @param stream whether the answer was a stream
/// @param outcome how it ended
/// @param status HTTP status of the answer; 499 if the client left before there was one
/// @param finishReason the engine's word for why it stopped; absent if it did not say
/// @param usage tokens
/// @param priceVersion of the posted price; absent if there was none
/// @param chargeMicros micro-dollars; absent if there was no posted price
/// @param tariffPercent of the posted price that is charged; 100 is the whole
/// @param gpuNanos GPU-nanoseconds that the runtime attributed to it; absent if it did not say
/// @param millis from request to settlement
public record UsageLine(
    String id,
    String requestId,
    Instant at,
    String model,
    String namespace,
    String deployment,
    String variant,
    String replica,
    @Nullable String payer,
    @Nullable String feature,
    String trafficClass,
    boolean stream,
    Outcome outcome,
    int status,
    @Nullable String finishReason,
    Usage usage,
    @Nullable Long priceVersion,
    @Nullable Long chargeMicros,
    int tariffPercent,
    @Nullable Long gpuNanos,
    long millis) {}
