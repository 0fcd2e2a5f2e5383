package dev.comptroller.e2e.simulator.input;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.e2e.simulator.input.Trace.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/// Reads traces of requests.
///
/// CSV with a header, or one JSON object a line. Columns, in any order and case: `timestamp`;
/// `input_tokens` (also `ContextTokens`, `input_length`); `output_tokens` (also `GeneratedTokens`,
/// `output_length`); optional `class` (`interactive` or `batch`) and `feature`. A timestamp is a
/// date and time (UTC where it names no zone), or a number of seconds - of milliseconds where the
/// tokens are called `input_length`, as in the Mooncake traces.
public final class Traces {
  private static final List<String> INPUT =
      List.of("input_tokens", "contexttokens", "input_length");
  private static final List<String> OUTPUT =
      List.of("output_tokens", "generatedtokens", "output_length");

  private Traces() {}

  /// One line of a trace, by the names of its columns in lower case.
  private record Line(Path file, long number, Function<String, Optional<String>> column) {
    InputException wrong(String message) {
      return new InputException(file, number, message);
    }

    Optional<String> any(List<String> names) {
      return names.stream().flatMap(name -> column.apply(name).stream()).findFirst();
    }

    long tokens(List<String> names, long least) {
      String name = names.getFirst();
      String text = any(names).orElseThrow(() -> wrong("%s is missing".formatted(name)));
      try {
        long count = new BigDecimal(text.strip()).longValueExact();
        if (count >= least) {
          return count;
        }
      } catch (NumberFormatException | ArithmeticException _) {
        // Said below.
      }
      throw wrong("%s \"%s\" is no whole number, %d or more".formatted(name, text, least));
    }

    double seconds() {
      String text =
          column.apply("timestamp").orElseThrow(() -> wrong("timestamp is missing")).strip();
      try {
        double number = Double.parseDouble(text);
        if (Double.isFinite(number)) {
          return column.apply("input_length").isPresent() ? number / 1000 : number;
        }
      } catch (NumberFormatException _) {
        // Not a number: a date and time.
      }
      try {
        String iso = text.replace(' ', 'T');
        boolean zoned = iso.endsWith("Z");
        Instant instant =
            zoned ? Instant.parse(iso) : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
        return instant.getEpochSecond() + instant.getNano() / 1e9;
      } catch (DateTimeParseException _) {
        throw wrong(
            "timestamp \"%s\" is neither a number nor a time like \"2026-03-02T08:00:00Z\""
                .formatted(text));
      }
    }

    boolean isBatch() {
      String text = column.apply("class").orElse("interactive").strip().toLowerCase(Locale.ROOT);
      return switch (text) {
        case "batch" -> true;
        case "interactive", "" -> false;
        default -> throw wrong("class \"%s\" is neither interactive nor batch".formatted(text));
      };
    }

    Request request() {
      return new Request(
          seconds(),
          tokens(INPUT, 0),
          Math.max(1, tokens(OUTPUT, 0)),
          isBatch(),
          column.apply("feature").map(String::strip).filter(t -> !t.isEmpty()).orElse("default"));
    }
  }

  /// The trace in `file`.
  public static Trace read(Path file) {
    boolean json = file.toString().endsWith(".jsonl") || file.toString().endsWith(".json");
    List<Request> requests;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      requests = json ? jsonLines(file, reader) : csv(file, reader);
    } catch (IOException e) {
      throw new InputException(file, 0, "cannot be read: " + e.getMessage());
    }
    if (requests.isEmpty()) {
      throw new InputException(file, 0, "holds no request");
    }
    requests.sort(Comparator.comparingDouble(Request::at));
    double first = requests.getFirst().at();
    return new Trace(
        requests.stream()
            .map(r -> new Request(r.at() - first, r.input(), r.output(), r.batch(), r.feature()))
            .toList());
  }

  private static List<Request> csv(Path file, BufferedReader reader) throws IOException {
    String header = reader.readLine();
    if (header == null) {
      throw new InputException(file, 0, "is empty: give a header line with timestamp, ...");
    }
    List<String> names = List.of(header.strip().toLowerCase(Locale.ROOT).split(",", -1));
    require(file, names, List.of("timestamp"));
    require(file, names, INPUT);
    require(file, names, OUTPUT);
    List<Request> requests = new ArrayList<>();
    long number = 1;
    for (String text = reader.readLine(); text != null; text = reader.readLine()) {
      number++;
      if (text.isBlank()) {
        continue;
      }
      String[] fields = text.split(",", -1);
      if (fields.length != names.size()) {
        throw new InputException(
            file,
            number,
            "%d fields, but the header names %d".formatted(fields.length, names.size()));
      }
      Function<String, Optional<String>> column =
          name -> {
            int index = names.indexOf(name);
            return index < 0 ? Optional.empty() : Optional.of(fields[index]);
          };
      requests.add(new Line(file, number, column).request());
    }
    return requests;
  }

  private static void require(Path file, List<String> names, List<String> any) {
    if (any.stream().noneMatch(names::contains)) {
      throw new InputException(
          file, 1, "no column %s among %s".formatted(any.getFirst(), String.join(", ", names)));
    }
  }

  private static List<Request> jsonLines(Path file, BufferedReader reader) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<Request> requests = new ArrayList<>();
    long number = 0;
    for (String text = reader.readLine(); text != null; text = reader.readLine()) {
      number++;
      if (text.isBlank()) {
        continue;
      }
      JsonNode object;
      try {
        object = mapper.readTree(text);
      } catch (JsonProcessingException e) {
        throw new InputException(file, number, "is no JSON object: " + e.getOriginalMessage());
      }
      Function<String, Optional<String>> column =
          name -> {
            JsonNode value = object.get(name);
            return value == null || value.isNull() ? Optional.empty() : Optional.of(value.asText());
          };
      requests.add(new Line(file, number, column).request());
    }
    return requests;
  }
}
