package dev.comptroller.reconcile.trace;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatState.StepName;
import dev.comptroller.decide.loop.NamespaceDecision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/// Traces as JSON: money in whole micro-dollars, instants and durations as ISO 8601, every field
/// written out, absent ones as null.
public final class TraceCodec {
  private static final ObjectMapper MAPPER = mapper();

  private TraceCodec() {}

  /// A file, read.
  public sealed interface Reading {
    /// It holds a trace.
    record Good(Trace trace) implements Reading {}

    /// It does not.
    ///
    /// @param problem which field is wrong, and what would be right
    record Bad(String problem) implements Reading {}
  }

  /// The decision as JSON.
  public static JsonNode tree(NamespaceDecision decision) {
    try {
      // Through text, so that it equals what is read from a file.
      return MAPPER.readTree(MAPPER.writeValueAsString(decision));
    } catch (JsonProcessingException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /// A trace as text.
  public static String write(Trace trace) {
    try {
      return MAPPER.writeValueAsString(trace) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /// The trace in `text`, or what is wrong with it.
  public static Reading read(String text) {
    JsonNode root;
    try {
      root = MAPPER.readTree(text);
    } catch (JsonProcessingException broken) {
      return new Reading.Bad(
          "line %d, column %d: %s"
              .formatted(
                  broken.getLocation().getLineNr(),
                  broken.getLocation().getColumnNr(),
                  broken.getOriginalMessage()));
    }
    if (root == null || !root.isObject()) {
      return new Reading.Bad("not a JSON object: a trace begins with {\"schema\":1,");
    }
    JsonNode schema = root.path("schema");
    if (!schema.isInt() || schema.intValue() != Trace.SCHEMA) {
      return new Reading.Bad(
          ("schema: is %s, this version reads %d; traces are in ConfigMaps"
                  + " comptroller-traces-NAMESPACE")
              .formatted(schema.isMissingNode() ? "missing" : schema, Trace.SCHEMA));
    }
    List<String> missing = Shape.missing(root, Trace.class);
    if (!missing.isEmpty()) {
      return new Reading.Bad(String.join("\n", missing));
    }
    try {
      return new Reading.Good(MAPPER.treeToValue(root, Trace.class));
    } catch (JsonMappingException wrong) {
      return new Reading.Bad("%s: %s".formatted(path(wrong), cause(wrong)));
    } catch (JsonProcessingException wrong) {
      return new Reading.Bad(wrong.getOriginalMessage());
    }
  }

  private static String path(JsonMappingException wrong) {
    String path =
        wrong.getPath().stream()
            .map(
                step ->
                    step.getFieldName() == null
                        ? "[%d]".formatted(step.getIndex())
                        : "." + step.getFieldName())
            .collect(Collectors.joining());
    return path.startsWith(".") ? path.substring(1) : path;
  }

  private static String cause(JsonMappingException wrong) {
    Throwable cause = wrong.getCause();
    String message =
        cause instanceof IllegalArgumentException || cause instanceof ArithmeticException
            ? cause.getMessage()
            : wrong.getOriginalMessage();
    return message == null ? "is not valid" : message;
  }

  /// Keys like `Downgrade#0`.
  private static final class StepNameKeys extends KeyDeserializer {
    @Override
    public Object deserializeKey(String key, DeserializationContext context) throws IOException {
      String[] parts = key.split("#", -1);
      try {
        return new StepName(HeatAction.valueOf(parts[0]), Integer.parseInt(parts[1]));
      } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException wrong) {
        return context.handleWeirdKey(StepName.class, key, "not a step like Downgrade#0");
      }
    }
  }

  private static final class StepNameWriter extends StdSerializer<StepName> {
    private static final long serialVersionUID = 1;

    StepNameWriter() {
      super(StepName.class);
    }

    @Override
    public void serialize(StepName name, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeFieldName(name.action() + "#" + name.ordinal());
    }
  }

  private static ObjectMapper mapper() {
    SimpleModule module = new SimpleModule();
    module.addKeyDeserializer(StepName.class, new StepNameKeys());
    module.addKeySerializer(StepName.class, new StepNameWriter());
    return JsonMapper.builder()
        .addModule(new JavaTimeModule())
        .addModule(module)
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
        .visibility(PropertyAccessor.IS_GETTER, JsonAutoDetect.Visibility.NONE)
        .build();
  }
}
