package dev.comptroller.gateway.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// The SHA-256 of entries and usage lines.
///
/// An entry's hash is SHA-256 of the hash before it (32 zero bytes before the first) and the
/// entry's fields in the order of [Entry], without the hash. Numbers are 8 bytes, big-endian; a
/// text or a digest is its length in 4 bytes and then its bytes (UTF-8); what is absent is the
/// length -1. A usage line's digest is over its fields, as texts, in the order of [UsageLine]. Not
/// thread-safe.
final class Seal {
  private final MessageDigest digest = sha256();
  private ByteBuffer buffer = ByteBuffer.allocate(1_024);

  Digest of(Digest previous, Entry entry) {
    buffer.clear();
    room(32).put(previous.bytes());
    put(entry.seq());
    put(entry.kind().word());
    put(entry.atMicros());
    put(entry.gateway());
    put(entry.hold());
    put(entry.micros());
    put(entry.key());
    put(entry.bounds());
    put(entry.text());
    put(entry.priceVersion() == null ? null : entry.priceVersion().toString());
    put(entry.lifetimeMillis() == null ? null : entry.lifetimeMillis().toString());
    put(entry.line());
    put(entry.lineDigest() == null ? null : entry.lineDigest().bytes());
    digest.update(buffer.flip());
    return new Digest(digest.digest());
  }

  Digest of(UsageLine line) {
    buffer.clear();
    put(line.id());
    put(line.requestId());
    put(ChronoUnit.MICROS.between(Instant.EPOCH, line.at()));
    put(line.model());
    put(line.namespace());
    put(line.deployment());
    put(line.variant());
    put(line.replica());
    put(line.payer());
    put(line.feature());
    put(line.trafficClass());
    put(line.stream() ? 1 : 0);
    put(line.outcome().word());
    put(line.status());
    put(line.finishReason());
    put(line.usage().prompt());
    put(line.usage().cached());
    put(line.usage().completion());
    put(line.usage().estimated() ? 1 : 0);
    put(line.priceVersion() == null ? null : line.priceVersion().toString());
    put(line.chargeMicros() == null ? null : line.chargeMicros().toString());
    put(line.tariffPercent());
    put(line.gpuNanos() == null ? null : line.gpuNanos().toString());
    put(line.millis());
    digest.update(buffer.flip());
    return new Digest(digest.digest());
  }

  private void put(long value) {
    room(8).putLong(value);
  }

  private void put(@Nullable String text) {
    put(text == null ? null : text.getBytes(StandardCharsets.UTF_8));
  }

  private void put(byte @Nullable [] bytes) {
    if (bytes == null) {
      room(4).putInt(-1);
    } else {
      room(4 + bytes.length).putInt(bytes.length).put(bytes);
    }
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      buffer = ByteBuffer.allocate(2 * buffer.capacity() + bytes).put(buffer.flip());
    }
    return buffer;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
