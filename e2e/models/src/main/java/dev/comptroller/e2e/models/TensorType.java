package dev.comptroller.e2e.models;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// How the numbers of a weight matrix are stored in the file.
public enum TensorType {
  /// Four bytes a number.
  F32(0, 0),
  /// Two bytes a number.
  F16(1, 1),
  /// Blocks of 32 numbers: one half-precision scale and 32 signed bytes.
  Q8_0(8, 7);

  private static final int BLOCK = 32;

  private final int code;
  private final int fileType;

  TensorType(int code, int fileType) {
    this.code = code;
    this.fileType = fileType;
  }

  /// The format's code of this type in a tensor's description.
  int code() {
    return code;
  }

  /// The format's code for a file whose matrices are of this type.
  int fileType() {
    return fileType;
  }

  /// Bytes that `count` numbers take.
  long bytes(long count) {
    return switch (this) {
      case F32 -> Math.multiplyExact(count, 4L);
      case F16 -> Math.multiplyExact(count, 2L);
      case Q8_0 -> Math.multiplyExact(count / BLOCK, (long) (BLOCK + 2));
    };
  }

  /// Numbers as they stand in the file.
  byte[] encode(float[] numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(bytes(numbers.length))).order(ByteOrder.LITTLE_ENDIAN);
    switch (this) {
      case F32 -> {
        for (float number : numbers) {
          bytes.putFloat(number);
        }
      }
      case F16 -> {
        for (float number : numbers) {
          bytes.putShort(Float.floatToFloat16(number));
        }
      }
      case Q8_0 -> {
        for (int from = 0; from < numbers.length; from += BLOCK) {
          putBlock(bytes, numbers, from);
        }
      }
    }
    return bytes.array();
  }

  private static void putBlock(ByteBuffer bytes, float[] numbers, int from) {
    float largest = 0;
    for (int i = from; i < from + BLOCK; i++) {
      largest = Math.max(largest, Math.abs(numbers[i]));
    }
    float scale = largest / 127;
    bytes.putShort(Float.floatToFloat16(scale));
    for (int i = from; i < from + BLOCK; i++) {
      bytes.put((byte) (scale == 0 ? 0 : Math.round(numbers[i] / scale)));
    }
  }
}
