package dev.comptroller.api.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Makes a list a map keyed by one member of its elements (`x-kubernetes-list-type: map`), so that
/// duplicates are refused and server-side apply merges element by element.
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
public @interface Keyed {
  /// Name of the key member, which must be required.
  String value();
}
