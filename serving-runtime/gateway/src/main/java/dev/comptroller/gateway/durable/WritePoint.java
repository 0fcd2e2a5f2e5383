package dev.comptroller.gateway.durable;

/// Stands where a store makes something durable, before and after.
///
/// A gateway in service passes by. One that is to die at a given write is given a point that
/// throws there, and at every later one, so that nothing more reaches the disk: what a crash leaves
/// is then the same each time.
@FunctionalInterface
public interface WritePoint {
  /// Passes by.
  WritePoint OPEN = (_, _) -> {};

  /// Which side of a write.
  enum Side {
    BEFORE,
    AFTER
  }

  /// Is passed in the thread that writes.
  ///
  /// @param write in a word or two
  void pass(String write, Side side);
}
