package dev.comptroller.protocol.openai;

import java.util.List;

/// The models that are served.
///
/// @param object always `list`
public record ModelList(String object, List<ModelCard> data) {
  public ModelList {
    data = List.copyOf(data);
  }

  /// A list of models.
  public static ModelList of(List<ModelCard> data) {
    return new ModelList("list", data);
  }
}
