package dev.comptroller.api.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Gives a string, or the strings of a list, their format: a bounded length and a rule with a
/// message that says how the value is written.
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
public @interface Text {
  /// The format of the value.
  Format value();
}
