package dev.comptroller.gateway.relay;

import dev.comptroller.gateway.meter.AnswerMeter;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Events that came together, metered and ready to pass on.
///
/// @param bytes of the events before the end
/// @param done bytes of the event that ends the stream; absent while it has not come
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record PassedEvents(byte[] bytes, byte @Nullable [] done) {
  static PassedEvents of(List<SseScanner.Event> events, AnswerMeter meter) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (SseScanner.Event event : events) {
      event.usageComments().forEach(meter::onUsageComment);
      if (event.done()) {
        return new PassedEvents(bytes.toByteArray(), event.bytes());
      }
      if (!event.data().isEmpty()) {
        meter.onData(event.data());
      }
      bytes.writeBytes(event.bytes());
    }
    return new PassedEvents(bytes.toByteArray(), null);
  }
}
