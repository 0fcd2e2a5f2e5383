package dev.comptroller.engine;

/// What an engine is and what it can hold.
///
/// @param engine the engine and its version, such as `llama.cpp 0.5.0-dev`
/// @param modelName the name that the model file gives itself
/// @param modelDescription architecture, size and quantization in words
/// @param contextLength the most tokens (prompt and completion) of one sequence
/// @param vocabularySize the number of token ids, and of logits in a row
/// @param weightsBytes bytes of the model's tensors
/// @param parameters number of the model's parameters
/// @param maxSequences slots of the engine
/// @param maxBatchedTokens the most tokens that one step may compute
/// @param kvCells tokens that all sequences together may keep
public record EngineInfo(
    String engine,
    String modelName,
    String modelDescription,
    int contextLength,
    int vocabularySize,
    long weightsBytes,
    long parameters,
    int maxSequences,
    int maxBatchedTokens,
    int kvCells) {}
