package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/// One concrete way to serve a model deployment: a rung of the ladder.
@Wire
@ValidationRule(
    value =
        "self.engine == 'Vllm' || !has(self.model.quantization) ||"
            + " !(self.model.quantization in ['FP8', 'AWQ', 'GPTQ', 'NVFP4'])",
    message =
        "model.quantization FP8, AWQ, GPTQ and NVFP4 need engine Vllm: the Bundled"
            + " engine reads the quantizations of llama.cpp")
@ValidationRule(
    value =
        "self.engine != 'Vllm' || !has(self.model.quantization) || self.model.quantization in"
            + " ['F16', 'BF16', 'FP8', 'AWQ', 'GPTQ', 'NVFP4', 'MXFP4']",
    message =
        "model.quantization of engine Vllm must be F16, BF16, FP8, AWQ, GPTQ, NVFP4 or MXFP4, or"
            + " be left out: it reads a folder in Hugging Face's format, not llama.cpp's files")
@ValidationRule(
    value = "self.engine != 'Vllm' || !has(self.model.digest)",
    message =
        "model.digest is the digest of one file, and engine Vllm reads a folder: leave it out")
@ValidationRule(
    value = "self.engine != 'Vllm' || !self.model.uri.matches('[.](gguf|safetensors|bin)$')",
    message =
        "model.uri of engine Vllm must name a folder in Hugging Face's format, not a file of it")
public record Variant(
    @Required
        @Text(Format.VARIANT_NAME)
        @JsonPropertyDescription(
            "Name of the variant, unique in the ladder; part of the name of its Deployment.")
        String name,
    @Required @JsonPropertyDescription("The weights.") Model model,
    @Default("Bundled")
        @JsonPropertyDescription(
            "What serves it: Bundled, llama.cpp inside the runtime, or Vllm, vLLM behind the"
                + " runtime in the same pod. Default Bundled.")
        EngineKind engine,
    @Required @Min(1) @Max(64) @JsonPropertyDescription("GPUs of one replica, all on one node.")
        Integer gpus,
    @Required
        @Text(Format.NAME)
        @JsonPropertyDescription("Name of the GpuNodePool that its replicas run on.")
        String pool,
    @Required
        @Min(0)
        @Max(100)
        @JsonPropertyDescription(
            "The owner's quality score, 0 to 100, 100 best. Orders the ladder and is"
                + " compared with qualityFloor.")
        Integer quality,
    @Default("{}") @JsonPropertyDescription("Limits of the batcher of one replica.")
        Batching batching,
    @JsonPropertyDescription(
            "Declared throughput of one replica; what prices and plans start from"
                + " until it is measured.")
        @Nullable Throughput throughput,
    @JsonPropertyDescription(
            "Quoted prices. Absent: computed from the full cost of the last closed hour.")
        @Nullable PostedPrice postedPrice,
    @Min(1)
        @Max(100)
        @Default("70")
        @JsonPropertyDescription(
            "Percent of a replica's throughput that prices count on. Default 70.")
        Integer targetUtilization) {
  /// Puts the defaults in place of absent members.
  public Variant {
    engine = Absent.or(engine, EngineKind.BUNDLED);
    batching = Absent.or(batching, Batching.DEFAULT);
    targetUtilization = Absent.or(targetUtilization, 70);
  }

  /// Weights and what is known of them.
  @Wire
  public record Model(
      @Required
          @Text(Format.MODEL_URI)
          @JsonPropertyDescription(
              "Where the weights lie: pvc://CLAIM/PATH, a file on a"
                  + " PersistentVolumeClaim of the same namespace, mounted read-only; with engine"
                  + " Vllm a folder in Hugging Face's format.")
          String uri,
      @Text(Format.DIGEST)
          @JsonPropertyDescription(
              "SHA-256 of the file as sha256:HEX. A replica with other content does"
                  + " not start. Absent: not checked. Engine Bundled only.")
          @Nullable String digest,
      @Text(Format.PARAMETERS)
          @JsonPropertyDescription(
              "Number of parameters, such as 135M, 7B or 1.5B; shown, and used to"
                  + " estimate throughput before it is measured.")
          @Nullable String parameters,
      @JsonPropertyDescription(
              "How the weights are stored, by llama.cpp's names; for engine Vllm F16, BF16,"
                  + " FP8, AWQ, GPTQ, NVFP4 or MXFP4. Absent: what the file says.")
          @Nullable Quantization quantization,
      @Min(64)
          @Max(10485760)
          @JsonPropertyDescription(
              "Tokens of input and output together that one request may use. Absent:"
                  + " what the model was trained for.")
          @Nullable Integer contextLength) {}

  /// What one replica does at full batch.
  @Wire
  public record Throughput(
      @Required
          @Min(1)
          @Max(10000000)
          @JsonPropertyDescription("Tokens per second, input and output together.")
          Integer tokensPerSecond) {}

  /// Prices in dollars per million tokens.
  @Wire
  @ValidationRule(
      value =
          "!has(self.cachedInput) || !isQuantity(self.cachedInput) ||"
              + " !isQuantity(self.input) ||"
              + " quantity(self.cachedInput).compareTo(quantity(self.input)) <= 0",
      message = "cachedInput must not be dearer than input")
  public record PostedPrice(
      @Required @Text(Format.DOLLARS) @JsonPropertyDescription("Price of a million input tokens.")
          String input,
      @Text(Format.DOLLARS_OR_ZERO)
          @JsonPropertyDescription(
              "Price of a million input tokens found in the prefix cache. Absent: the input price.")
          @Nullable String cachedInput,
      @Required @Text(Format.DOLLARS) @JsonPropertyDescription("Price of a million output tokens.")
          String output) {}
}
