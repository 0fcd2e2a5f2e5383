package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.reconcile.signals.Speeds.Subject;
import dev.comptroller.reconcile.signals.Speeds.Variants;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Variants that are all declared alike, of which nobody says what steps should cost.
final class SomeVariants implements Variants {
  static final Subject SUBJECT = new Subject("uid-1", "Vllm models/llama, 1 x NVIDIA-H100");

  /// What all variants are; absent if their specs cannot be read.
  @Nullable Subject subject = SUBJECT;

  boolean exist = true;

  @Override
  public boolean exists(TokenLedger.Key variant) {
    return exist;
  }

  @Override
  public Optional<Subject> subject(TokenLedger.Key variant) {
    return Optional.ofNullable(subject);
  }

  @Override
  public Optional<Belief> prior(TokenLedger.Key variant) {
    return Optional.empty();
  }
}
