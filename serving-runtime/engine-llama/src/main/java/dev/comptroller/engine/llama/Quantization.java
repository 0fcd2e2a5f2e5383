package dev.comptroller.engine.llama;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// The quantizations that a model can be written in, with the library's numbers.
public enum Quantization {
  F16(1),
  BF16(32),
  Q8_0(7),
  Q6_K(18),
  Q5_K_M(17),
  Q5_K_S(16),
  Q5_1(9),
  Q5_0(8),
  Q4_K_M(15),
  Q4_K_S(14),
  Q4_1(3),
  Q4_0(2),
  Q3_K_L(13),
  Q3_K_M(12),
  Q3_K_S(11),
  Q2_K(10);

  private final int fileType;

  Quantization(int fileType) {
    this.fileType = fileType;
  }

  /// The library's number.
  public int fileType() {
    return fileType;
  }

  /// The one with a name.
  public static Optional<Quantization> named(String name) {
    return Arrays.stream(values()).filter(value -> value.name().equals(name)).findFirst();
  }

  /// All names, for messages.
  public static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
