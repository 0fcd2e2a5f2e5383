package dev.comptroller.e2e.controlplane;

/// The process that started this JVM.
public final class ParentProcess {
  private ParentProcess() {}

  /// Runs an action, on a virtual thread, once the parent process is gone.
  public static void whenGone(Runnable action) {
    ProcessHandle.current()
        .parent()
        .ifPresent(
            parent ->
                Thread.ofVirtual()
                    .start(
                        () -> {
                          parent.onExit().join();
                          action.run();
                        }));
  }
}
