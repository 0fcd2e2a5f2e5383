package dev.comptroller.gateway.queue;

/// Who a file or a batch belongs to; nobody else sees it.
///
/// @param namespace of the caller; empty while callers are not identified
/// @param feature of that namespace
public record Owner(String namespace, String feature) {
  /// A caller that is not identified.
  public static final Owner UNKNOWN = new Owner("", "default");
}
