package dev.comptroller.decide.capacity;

/// The figures of a model that its speed follows from.
///
/// @param parameters all weights
/// @param activeParameters weights that one token uses: fewer where experts are chosen
/// @param layers layers
/// @param kvBytesPerToken bytes of the cache for one token, over all layers
/// @param experts experts of a layer, 1 where there are none
/// @param expertsPerToken how many of them one token uses
/// @param quantization of the weights
public record ModelShape(
    long parameters,
    long activeParameters,
    int layers,
    long kvBytesPerToken,
    int experts,
    int expertsPerToken,
    Quantization quantization) {
  public ModelShape {
    if (parameters < 1 || activeParameters < 1 || activeParameters > parameters) {
      throw new IllegalArgumentException(
          "a model with %d parameters, %d of them active".formatted(parameters, activeParameters));
    }
    if (layers < 1 || kvBytesPerToken < 1 || expertsPerToken < 1 || experts < expertsPerToken) {
      throw new IllegalArgumentException(
          "a model with %d layers, %d bytes of cache per token and %d of %d experts"
              .formatted(layers, kvBytesPerToken, expertsPerToken, experts));
    }
  }

  /// A dense model of which only the size is known.
  ///
  /// Layers grow with the size to the power of 0.43 (8 billion weights: 32, 70 billion: 80) and
  /// each
  /// keeps 4,096 bytes a token: 8 heads of 128 values for keys and for values, 2 bytes each. Models
  /// of 8 to 70 billion weights with grouped heads are met within a fifth; the fit corrects others.
  public static ModelShape dense(long parameters, Quantization quantization) {
    int layers = (int) Math.max(1, Math.round(32 * Math.pow(parameters / 8e9, 0.43)));
    return new ModelShape(parameters, parameters, layers, 4096L * layers, 1, 1, quantization);
  }

  double bytesPerParameter() {
    return quantization.milliBits() / 8000.0;
  }

  /// Bytes of all weights.
  double weightBytes() {
    return parameters * bytesPerParameter();
  }
}
