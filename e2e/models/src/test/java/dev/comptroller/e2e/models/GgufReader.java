package dev.comptroller.e2e.models;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads GGUF files as their specification says, sharing no code with the writer.
final class GgufReader {
  record Tensor(String name, List<Long> dimensions, int type, long offset) {}

  final int version;
  final Map<String, Object> metadata = new LinkedHashMap<>();
  final List<Tensor> tensors = new ArrayList<>();
  final int dataStart;
  final int length;
  private final ByteBuffer in;

  GgufReader(byte[] file) {
    in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    length = file.length;
    if (in.getInt() != 0x46554747) {
      throw new IllegalArgumentException("no GGUF file");
    }
    version = in.getInt();
    long tensorCount = in.getLong();
    long keyCount = in.getLong();
    for (long i = 0; i < keyCount; i++) {
      String key = text();
      Object before = metadata.put(key, value(in.getInt()));
      if (before != null) {
        throw new IllegalArgumentException(key + " stands twice");
      }
    }
    for (long i = 0; i < tensorCount; i++) {
      String name = text();
      var dimensions = new ArrayList<Long>();
      int count = in.getInt();
      for (int d = 0; d < count; d++) {
        dimensions.add(in.getLong());
      }
      tensors.add(new Tensor(name, dimensions, in.getInt(), in.getLong()));
    }
    dataStart = (in.position() + 31) / 32 * 32;
  }

  float half(int position) {
    return Float.float16ToFloat(in.getShort(position));
  }

  float real(int position) {
    return in.getFloat(position);
  }

  byte signed(int position) {
    return in.get(position);
  }

  Tensor tensor(String name) {
    return tensors.stream().filter(t -> t.name.equals(name)).findFirst().orElseThrow();
  }

  private Object value(int type) {
    return switch (type) {
      case 4, 5 -> in.getInt();
      case 6 -> in.getFloat();
      case 7 -> in.get() == 1;
      case 8 -> text();
      case 9 -> {
        int of = in.getInt();
        long count = in.getLong();
        var values = new ArrayList<Object>();
        for (long i = 0; i < count; i++) {
          values.add(value(of));
        }
        yield values;
      }
      default -> throw new IllegalArgumentException("type " + type);
    };
  }

  private String text() {
    byte[] bytes = new byte[Math.toIntExact(in.getLong())];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
