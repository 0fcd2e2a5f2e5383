package dev.comptroller.api.v1alpha1;

/// How weights are stored: the names of llama.cpp, and those that only vLLM reads.
public enum Quantization {
  /// llama.cpp F32.
  F32,
  /// llama.cpp F16.
  F16,
  /// llama.cpp BF16.
  BF16,
  /// llama.cpp Q8_0.
  Q8_0,
  /// llama.cpp Q6_K.
  Q6_K,
  /// llama.cpp Q5_K_M.
  Q5_K_M,
  /// llama.cpp Q5_K_S.
  Q5_K_S,
  /// llama.cpp Q5_1.
  Q5_1,
  /// llama.cpp Q5_0.
  Q5_0,
  /// llama.cpp Q4_K_M.
  Q4_K_M,
  /// llama.cpp Q4_K_S.
  Q4_K_S,
  /// llama.cpp Q4_1.
  Q4_1,
  /// llama.cpp Q4_0.
  Q4_0,
  /// llama.cpp IQ4_NL.
  IQ4_NL,
  /// llama.cpp IQ4_XS.
  IQ4_XS,
  /// llama.cpp Q3_K_L.
  Q3_K_L,
  /// llama.cpp Q3_K_M.
  Q3_K_M,
  /// llama.cpp Q3_K_S.
  Q3_K_S,
  /// llama.cpp IQ3_M.
  IQ3_M,
  /// llama.cpp IQ3_S.
  IQ3_S,
  /// llama.cpp Q2_K.
  Q2_K,
  /// llama.cpp IQ2_M.
  IQ2_M,
  /// llama.cpp TQ2_0.
  TQ2_0,
  /// llama.cpp TQ1_0.
  TQ1_0,
  /// llama.cpp MXFP4.
  MXFP4,
  /// Read by vLLM only: NVFP4.
  NVFP4,
  /// Read by vLLM only: FP8.
  FP8,
  /// Read by vLLM only: AWQ.
  AWQ,
  /// Read by vLLM only: GPTQ.
  GPTQ
}
