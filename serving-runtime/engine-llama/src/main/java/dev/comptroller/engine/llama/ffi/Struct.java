package dev.comptroller.engine.llama.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/// A C struct in memory, with its members by name.
record Struct(StructLayout layout, MemorySegment segment) {
  int intAt(String member) {
    return segment.get(JAVA_INT, Layouts.offset(layout, member));
  }

  /// The member's value as a number; pointers are their address.
  long value(String member) {
    long offset = Layouts.offset(layout, member);
    ValueLayout type = Layouts.member(layout, member);
    Class<?> carrier = type.carrier();
    if (carrier == int.class) {
      return segment.get(JAVA_INT, offset);
    } else if (carrier == long.class) {
      return segment.get(JAVA_LONG, offset);
    } else if (carrier == boolean.class) {
      return segment.get(ValueLayout.JAVA_BYTE, offset);
    } else if (carrier == MemorySegment.class) {
      return segment.get(ADDRESS, offset).address();
    }
    throw new IllegalArgumentException(member + " is a " + carrier);
  }

  Struct set(String member, int value) {
    segment.set(JAVA_INT, Layouts.offset(layout, member), value);
    return this;
  }

  Struct set(String member, boolean value) {
    segment.set(JAVA_BOOLEAN, Layouts.offset(layout, member), value);
    return this;
  }

  Struct set(String member, MemorySegment value) {
    segment.set(ADDRESS, Layouts.offset(layout, member), value);
    return this;
  }
}
