package dev.comptroller.server;

import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.engine.EngineInfo;
import dev.comptroller.engine.GenerationRequest;
import dev.comptroller.engine.Rejection;
import dev.comptroller.engine.ServingLoop;
import dev.comptroller.engine.Submission;
import dev.comptroller.engine.TokenStream;
import dev.comptroller.engine.Tokenizer;
import java.util.List;
import java.util.function.LongSupplier;

/// A loaded model and what is told about it.
///
/// @param names what it is called, the canonical name first
/// @param variant the rung that it is
/// @param created when it was loaded, in seconds since 1970
/// @param seeds seeds for requests that bring none
record Replica(
    List<String> names, String variant, long created, ServingLoop loop, LongSupplier seeds) {
  Replica {
    names = List.copyOf(names);
  }

  /// What the engine is.
  EngineInfo info() {
    return loop.info();
  }

  /// The model's tokenizer.
  Tokenizer tokenizer() {
    return loop.tokenizer();
  }

  /// A name for this combination of model and engine.
  String fingerprint() {
    return "fp_" + Integer.toHexString((info().engine() + info().modelName() + variant).hashCode());
  }

  /// Refuses a name that is not served here.
  void requireModel(String model) {
    if (!names.contains(model)) {
      throw new ApiException(
          ApiError.unknownModel(
              "The model '%s' is not served here; served: %s"
                  .formatted(model, String.join(", ", names))));
    }
  }

  /// Hands a request to the engine.
  ///
  /// @param label the request's id
  /// @param field the field that the prompt came in
  TokenStream submit(
      int[] prompt,
      GenerationOptions options,
      RequestClass requestClass,
      String label,
      String field) {
    for (int token : options.logitBias().keySet()) {
      if (token >= info().vocabularySize()) {
        throw new ApiException(
            ApiError.invalid(
                "logit_bias",
                "'logit_bias' has token %d, but ids are 0 to %d"
                    .formatted(token, info().vocabularySize() - 1)));
      }
    }
    int room = Math.max(1, info().contextLength() - prompt.length);
    long seed = options.seed().orElseGet(seeds);
    var sampling = options.sampling(options.maxTokens().orElse(room), seed);
    var request = new GenerationRequest(TokenIds.of(prompt), sampling, requestClass, label);
    return switch (loop.submit(request)) {
      case Submission.Accepted(TokenStream stream) -> stream;
      case Submission.Rejected(Rejection reason) -> throw new ApiException(refusal(reason, field));
    };
  }

  private static ApiError refusal(Rejection reason, String field) {
    return switch (reason) {
      case Rejection.QueueFull full -> ApiError.busy(full.message());
      case Rejection.QueueSlow slow -> ApiError.busy(slow.message());
      case Rejection.PromptEmpty empty -> ApiError.invalid(field, empty.message());
      case Rejection.PromptTooLong tooLong -> ApiError.contextExceeded(field, tooLong.message());
      case Rejection.TokenUnknown unknown -> ApiError.invalid(field, unknown.message());
      case Rejection.Draining draining -> ApiError.unavailable(draining.code(), draining.message());
      case Rejection.EngineFailed failed -> ApiError.unavailable(failed.code(), failed.message());
    };
  }
}
