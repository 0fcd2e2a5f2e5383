package dev.comptroller.protocol.openai;

/// A model that is served.
///
/// @param object always `model`
/// @param created when it was loaded, in seconds since 1970
public record ModelCard(String id, String object, long created, String ownedBy) {
  /// The card of a model.
  public static ModelCard of(String id, long created) {
    return new ModelCard(id, "model", created, "comptroller");
  }
}
