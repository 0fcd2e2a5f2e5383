package dev.comptroller.gateway.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The fields of one JSON object of the routing table, read strictly.
///
/// @param node the object
/// @param at where it is, such as `routes[0].`
record JsonFields(JsonNode node, String at) {
  /// Reads one element of an array.
  @FunctionalInterface
  interface Reader<T> {
    T read(JsonFields element) throws TableRefused;
  }

  boolean has(String field) {
    return !absent(node.path(field));
  }

  /// The object in a field, which must be there.
  JsonFields object(String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isObject()) {
      throw wrong(field, "must be an object", value);
    }
    return new JsonFields(value, at + field + ".");
  }

  /// The elements of an array of objects, which must be there.
  <T> List<T> list(String field, Reader<T> reader) throws TableRefused {
    JsonNode array = array(field);
    List<T> read = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      read.add(reader.read(new JsonFields(array.get(i), "%s%s[%d].".formatted(at, field, i))));
    }
    return read;
  }

  /// The strings of an array; none if it is absent.
  List<String> names(String field) throws TableRefused {
    List<String> read = new ArrayList<>();
    if (has(field)) {
      JsonNode array = array(field);
      for (int i = 0; i < array.size(); i++) {
        JsonNode value = array.get(i);
        if (!value.isTextual() || value.asText().isBlank()) {
          throw wrong("%s[%d]".formatted(field, i), "must be a string that is not empty", value);
        }
        read.add(value.asText());
      }
    }
    return read;
  }

  String text(String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isTextual() || value.asText().isBlank()) {
      throw wrong(field, "must be a string that is not empty", value);
    }
    return value.asText();
  }

  /// A string that may be empty or absent.
  String remark(String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (absent(value)) {
      return "";
    }
    if (!value.isTextual()) {
      throw wrong(field, "must be a string", value);
    }
    return value.asText();
  }

  /// A name that can be part of `namespace/name`.
  String name(String field) throws TableRefused {
    String value = text(field);
    if (value.indexOf('/') >= 0) {
      throw new TableRefused(at + field + " must not contain a slash, is \"" + value + "\"");
    }
    return value;
  }

  boolean flag(String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isBoolean()) {
      throw wrong(field, "must be true or false", value);
    }
    return value.asBoolean();
  }

  long integer(String field, long least, long most) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < least) {
      throw wrong(field, "must be a whole number of at least " + least, value);
    }
    if (value.asLong() > most) {
      throw new TableRefused("%s%s is %s, the most is %d".formatted(at, field, value, most));
    }
    return value.asLong();
  }

  long integer(String field, long least) throws TableRefused {
    return integer(field, least, Long.MAX_VALUE);
  }

  @Nullable Long maybeInteger(String field, long least) throws TableRefused {
    return has(field) ? Long.valueOf(integer(field, least)) : null;
  }

  BigDecimal decimal(String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isNumber()) {
      throw wrong(field, "must be a number", value);
    }
    return value.decimalValue();
  }

  Instant instant(String field) throws TableRefused {
    JsonNode value = node.path(field);
    try {
      return Instant.parse(value.asText());
    } catch (DateTimeParseException _) {
      throw wrong(field, "must be an instant such as 2026-01-31T00:00:00Z", value);
    }
  }

  @Nullable Instant maybeInstant(String field) throws TableRefused {
    return has(field) ? instant(field) : null;
  }

  private JsonNode array(String field) throws TableRefused {
    JsonNode value = node.path(field);
    if (!value.isArray()) {
      throw wrong(field, "must be an array", value);
    }
    return value;
  }

  private TableRefused wrong(String field, String rule, JsonNode value) {
    return new TableRefused(
        at + field + " " + rule + ", is " + (value.isMissingNode() ? "absent" : value.toString()));
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }
}
