package dev.comptroller.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// The fields of one JSON object, read with their types and bounds; what is wrong is named.
///
/// A field that is `null` counts as absent. Fields that nobody asked for are refused at the end,
/// because a client that sends one expects something that would not happen.
final class Fields {
  private static final int SHOWN = 60;

  private final JsonNode object;
  private final String path;
  private final Set<String> known = new HashSet<>();

  private Fields(JsonNode object, String path) {
    this.object = object;
    this.path = path;
  }

  /// The fields of a request.
  static Fields of(JsonNode body) {
    if (!body.isObject()) {
      throw new ApiException(
          ApiError.invalid(null, "The body must be a JSON object, is " + shown(body)));
    }
    return new Fields(body, "");
  }

  /// The fields of an object inside of a request.
  static Fields of(JsonNode node, String path) {
    if (!node.isObject()) {
      throw wrong(path, "an object", node);
    }
    return new Fields(node, path + ".");
  }

  /// The full name of a field, such as `messages[0].content`.
  String name(String field) {
    return path + field;
  }

  /// A field's value, whatever it is.
  Optional<JsonNode> find(String field) {
    known.add(field);
    JsonNode value = object.get(field);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /// A field that must be there.
  JsonNode require(String field, String what) {
    return find(field)
        .orElseThrow(
            () ->
                new ApiException(
                    ApiError.invalid(name(field), "'" + name(field) + "' is missing: " + what)));
  }

  /// A text, if given.
  Optional<String> text(String field) {
    return find(field)
        .map(
            value -> {
              if (!value.isTextual()) {
                throw wrong(name(field), "a string", value);
              }
              return value.textValue();
            });
  }

  /// Yes or no.
  boolean flag(String field, boolean otherwise) {
    return find(field)
        .map(
            value -> {
              if (!value.isBoolean()) {
                throw wrong(name(field), "true or false", value);
              }
              return value.booleanValue();
            })
        .orElse(otherwise);
  }

  /// A whole number within bounds, if given.
  OptionalInt whole(String field, int least, int most) {
    Optional<JsonNode> value = find(field);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    JsonNode number = value.get();
    boolean whole = number.isIntegralNumber() && number.canConvertToInt();
    if (!whole || number.intValue() < least || number.intValue() > most) {
      String bounds =
          most == Integer.MAX_VALUE ? least + " or more" : "from " + least + " to " + most;
      throw wrong(name(field), "a whole number, " + bounds, number);
    }
    return OptionalInt.of(number.intValue());
  }

  /// A whole number of 64 bits, if given.
  OptionalLong wholeLong(String field) {
    Optional<JsonNode> value = find(field);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().isIntegralNumber() || !value.get().canConvertToLong()) {
      throw wrong(name(field), "a whole number of at most 64 bits", value.get());
    }
    return OptionalLong.of(value.get().longValue());
  }

  /// A number within bounds.
  double number(String field, double least, double most, double otherwise) {
    return find(field)
        .map(
            value -> {
              double number = value.isNumber() ? value.doubleValue() : Double.NaN;
              if (!(number >= least && number <= most)) {
                throw wrong(
                    name(field), "a number from " + plain(least) + " to " + plain(most), value);
              }
              return number;
            })
        .orElse(otherwise);
  }

  /// Elements of an array that must be there and not be empty.
  List<JsonNode> elements(String field, String what) {
    JsonNode array = require(field, what);
    if (!array.isArray()) {
      throw wrong(name(field), "an array", array);
    }
    if (array.isEmpty()) {
      throw new ApiException(
          ApiError.invalid(name(field), "'" + name(field) + "' is empty: " + what));
    }
    var elements = new ArrayList<JsonNode>();
    array.forEach(elements::add);
    return elements;
  }

  /// Fields that change nothing here.
  void ignore(String... fields) {
    known.addAll(List.of(fields));
  }

  /// Fields that would change something and are not offered; empty lists and `false` ask for
  /// nothing.
  void refuse(String why, String... fields) {
    for (String field : fields) {
      find(field)
          .filter(value -> !(value.isContainerNode() && value.isEmpty()))
          .filter(value -> !(value.isBoolean() && !value.booleanValue()))
          .ifPresent(
              _ -> {
                throw new ApiException(
                    ApiError.unsupported(name(field), "'" + name(field) + "' " + why));
              });
    }
  }

  /// Refuses fields that nobody asked for.
  void refuseOthers() {
    object
        .fieldNames()
        .forEachRemaining(
            field -> {
              if (!known.contains(field)) {
                String shown = name(cut(field));
                throw new ApiException(
                    ApiError.invalid(
                        shown, "'" + shown + "' is not a field of this request; remove it"));
              }
            });
  }

  /// A refusal of a value.
  static ApiException wrong(String name, String expected, JsonNode value) {
    return new ApiException(
        ApiError.invalid(name, "'" + name + "' must be " + expected + ", is " + shown(value)));
  }

  /// A value as it may stand in a message.
  static String shown(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "an array";
      case MISSING -> "missing";
      default -> cut(value.toString());
    };
  }

  private static String cut(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
  }
}
