package dev.comptroller.e2e.models;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/// Lays out one GGUF version 3 file: metadata, descriptions of the tensors, then their data.
///
/// Everything is little-endian; every tensor starts at a multiple of 32 bytes. Tensors are computed
/// one at a time while they are written, so a large model needs no large heap.
final class GgufWriter {
  static final int VERSION = 3;
  static final int ALIGNMENT = 32;

  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private record Tensor(
      String name, List<Long> dimensions, TensorType type, Supplier<float[]> numbers) {
    long count() {
      long count = 1;
      for (long dimension : dimensions) {
        count = Math.multiplyExact(count, dimension);
      }
      return count;
    }
  }

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();
  private long keys;

  void text(String key, String value) {
    key(key, STRING);
    putText(metadata, value);
  }

  void number(String key, int value) {
    key(key, UINT32);
    put32(metadata, value);
  }

  void real(String key, float value) {
    key(key, FLOAT32);
    put32(metadata, Float.floatToIntBits(value));
  }

  void flag(String key, boolean value) {
    key(key, BOOL);
    metadata.write(value ? 1 : 0);
  }

  void texts(String key, List<String> values) {
    array(key, STRING, values.size());
    values.forEach(value -> putText(metadata, value));
  }

  void numbers(String key, List<Integer> values) {
    array(key, INT32, values.size());
    values.forEach(value -> put32(metadata, value));
  }

  /// Adds a tensor; `dimensions` begins with the length of a row.
  void tensor(String name, TensorType type, Supplier<float[]> numbers, long... dimensions) {
    tensors.add(new Tensor(name, LongStream.of(dimensions).boxed().toList(), type, numbers));
  }

  /// Writes the whole file.
  void writeTo(OutputStream out) throws IOException {
    var head = new ByteArrayOutputStream();
    head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    put32(head, VERSION);
    put64(head, tensors.size());
    put64(head, keys);
    metadata.writeTo(head);
    long offset = 0;
    for (Tensor tensor : tensors) {
      putText(head, tensor.name);
      put32(head, tensor.dimensions.size());
      for (long dimension : tensor.dimensions) {
        put64(head, dimension);
      }
      put32(head, tensor.type.code());
      put64(head, offset);
      offset += aligned(tensor.type.bytes(tensor.count()));
    }
    pad(head, head.size());
    head.writeTo(out);
    for (Tensor tensor : tensors) {
      float[] numbers = tensor.numbers.get();
      if (numbers.length != tensor.count()) {
        throw new IllegalStateException(
            tensor.name + ": " + numbers.length + " numbers for " + tensor.count() + " places");
      }
      byte[] bytes = tensor.type.encode(numbers);
      out.write(bytes);
      pad(out, bytes.length);
    }
  }

  private void key(String key, int type) {
    keys++;
    putText(metadata, key);
    put32(metadata, type);
  }

  private void array(String key, int type, int length) {
    key(key, ARRAY);
    put32(metadata, type);
    put64(metadata, length);
  }

  private static long aligned(long size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void pad(OutputStream out, long size) throws IOException {
    out.write(new byte[(int) (aligned(size) - size)]);
  }

  private static void putText(ByteArrayOutputStream out, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    put64(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void put32(ByteArrayOutputStream out, int value) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private static void put64(ByteArrayOutputStream out, long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
