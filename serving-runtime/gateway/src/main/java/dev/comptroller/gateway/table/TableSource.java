package dev.comptroller.gateway.table;

/// Where routing tables come from; offers each new one to the table in force.
public interface TableSource extends AutoCloseable {
  /// Starts to watch. Returns at once, whether or not the source can be reached.
  void start();

  @Override
  void close();
}
