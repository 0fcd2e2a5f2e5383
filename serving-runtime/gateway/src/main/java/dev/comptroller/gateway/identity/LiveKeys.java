package dev.comptroller.gateway.identity;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// The credentials in force, as their sources change.
///
/// A credential that cannot be read is refused with a log line, and what was known of the same
/// source stays in force.
public final class LiveKeys implements Supplier<KeyRing> {
  private static final Logger LOG = System.getLogger(LiveKeys.class.getName());

  private final Map<String, List<CredentialEntry>> bySource = new TreeMap<>();
  private volatile KeyRing ring = KeyRing.EMPTY;

  @Override
  public KeyRing get() {
    return ring;
  }

  /// Takes up one source's credentials.
  ///
  /// @param fields of each of them
  public void offer(String source, List<Map<String, String>> fields) {
    try {
      List<CredentialEntry> entries = new java.util.ArrayList<>();
      for (int i = 0; i < fields.size(); i++) {
        String name = fields.size() == 1 ? source : "%s: credentials[%d]".formatted(source, i);
        entries.add(CredentialEntry.read(name, fields.get(i)));
      }
      replace(source, entries);
    } catch (CredentialEntry.Bad e) {
      refused(source, e);
    }
  }

  /// Notes that a source has no credentials any more.
  public void gone(String source) {
    replace(source, List.of());
  }

  /// Notes that a source could not be read at all.
  public void refused(String source, CredentialEntry.Bad why) {
    LOG.log(
        Level.ERROR,
        "credentials of {0} refused, what was known of it stays in force: {1}",
        source,
        why.getMessage());
  }

  private synchronized void replace(String source, List<CredentialEntry> entries) {
    List<CredentialEntry> before =
        entries.isEmpty() ? bySource.remove(source) : bySource.put(source, entries);
    if (!entries.equals(before == null ? List.of() : before)) {
      ring = new KeyRing(bySource.values().stream().flatMap(List::stream).toList());
      LOG.log(Level.INFO, "credentials of {0}: {1} keys in force in all", source, ring.keys());
    }
  }
}
