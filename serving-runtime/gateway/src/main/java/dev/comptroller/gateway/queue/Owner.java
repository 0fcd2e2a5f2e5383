package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.identity.Credential;
import dev.comptroller.gateway.identity.TrafficClass;
import dev.comptroller.protocol.routing.Route;
import java.util.List;
import java.util.Set;

/// Who a file or a batch belongs to; nobody else sees it.
///
/// @param namespace of the caller; empty while callers are not identified
/// @param feature of that namespace
public record Owner(String namespace, String feature) {
  /// A caller that is not identified.
  public static final Owner UNKNOWN = new Owner("", "default");

  /// The owner that a client acts for.
  ///
  /// @param feature that it names among those of its credential
  public static Owner of(Credential credential, String feature) {
    return credential.anybody() ? UNKNOWN : new Owner(credential.namespace(), feature);
  }

  /// The owner that a caller acts for.
  public static Owner of(Caller caller) {
    return of(caller.credential(), caller.feature());
  }

  /// Who calls a route for this owner, now that the client is gone.
  public Caller caller(Route route) {
    return new Caller(
        Terms.payer(this, route),
        feature,
        new Credential(
            "queue", Terms.payer(this, route), List.of(feature), Set.of(TrafficClass.BATCH)));
  }
}
