package dev.comptroller.e2e.models;

/// The sizes of a llama-architecture model.
///
/// @param name what the model is called
/// @param layers transformer blocks
/// @param embedding width of the residual stream
/// @param heads attention heads
/// @param keyValueHeads heads that keys and values are shared over
/// @param feedForward inner width of the feed-forward part
/// @param vocabulary tokens
/// @param context longest sequence
public record ModelShape(
    String name,
    int layers,
    int embedding,
    int heads,
    int keyValueHeads,
    int feedForward,
    int vocabulary,
    int context) {
  /// 1.3 million parameters.
  public static final ModelShape TINY = new ModelShape("tiny", 4, 128, 4, 2, 384, 2048, 4096);

  /// 5.8 million parameters.
  public static final ModelShape SMALL = new ModelShape("small", 6, 256, 8, 4, 768, 2048, 4096);

  /// 10.7 million parameters.
  public static final ModelShape MEDIUM = new ModelShape("medium", 8, 320, 10, 5, 896, 2048, 4096);

  /// 30 million parameters.
  public static final ModelShape LARGE = new ModelShape("large", 9, 512, 8, 4, 1536, 2048, 4096);

  public ModelShape {
    positive("layers", layers);
    positive("context", context);
    multiple("embedding", embedding, 32, "32");
    multiple("feedForward", feedForward, 32, "32");
    positive("heads", heads);
    positive("keyValueHeads", keyValueHeads);
    multiple("embedding", embedding, 2 * heads, "twice the heads, " + 2 * heads);
    multiple("heads", heads, keyValueHeads, "keyValueHeads, " + keyValueHeads);
    multiple("keyValueWidth", embedding / heads * keyValueHeads, 32, "32");
  }

  /// Width of one head.
  public int headWidth() {
    return embedding / heads;
  }

  /// Width of the keys and of the values of a token.
  public int keyValueWidth() {
    return headWidth() * keyValueHeads;
  }

  /// Number of weights.
  public long parameters() {
    long attention = 2L * embedding * embedding + 2L * embedding * keyValueWidth();
    long layer = attention + 3L * embedding * feedForward + 2L * embedding;
    return layers * layer + 2L * vocabulary * embedding + embedding;
  }

  private static void positive(String field, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(field + " must be above 0, is " + value);
    }
  }

  private static void multiple(String field, int value, int of, String what) {
    positive(field, value);
    if (value % of != 0) {
      throw new IllegalArgumentException(
          field + " must be a multiple of " + what + ", is " + value);
    }
  }
}
