package dev.comptroller.reconcile.budget;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The last spec of a budget that could be carried out, as it stands in the status. Pure.
final class LastSpec {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private LastSpec() {}

  static String write(InferenceBudgetSpec spec) {
    try {
      return JSON.writeValueAsString(spec);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec cannot be written as JSON", e);
    }
  }

  /// The spec in `text`; nothing if there is none that can be read.
  static Optional<InferenceBudgetSpec> read(@Nullable String text) {
    try {
      return text == null
          ? Optional.empty()
          : Optional.ofNullable(JSON.readValue(text, InferenceBudgetSpec.class));
    } catch (JsonProcessingException _) {
      return Optional.empty();
    }
  }
}
