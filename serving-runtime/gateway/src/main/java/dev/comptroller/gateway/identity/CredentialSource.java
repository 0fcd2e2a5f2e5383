package dev.comptroller.gateway.identity;

/// Where credentials come from; offers each change to the keys in force.
public interface CredentialSource extends AutoCloseable {
  /// Starts to watch. Returns at once, whether or not the source can be reached.
  void start();

  @Override
  void close();
}
