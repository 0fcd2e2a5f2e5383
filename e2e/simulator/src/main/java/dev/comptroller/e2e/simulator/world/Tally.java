package dev.comptroller.e2e.simulator.world;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/// What happened in an hour, or in all of them.
public final class Tally {
  private double arrived;
  private double served;
  private double input;
  private double output;
  private double qualityTokens;
  private double lateTokens;
  private double lateQualityTokens;
  private double met;
  private double moved;
  private double batchServed;
  private double batchTokens;
  private double batchMissed;
  private long spentMicros;
  private long gpuSeconds;
  private long changes;
  private long downgrades;
  private final Map<Refusal, Double> refused = new EnumMap<>(Refusal.class);
  private final Map<String, Double> tokensByVariant = new TreeMap<>();
  private final Map<String, Long> readySeconds = new TreeMap<>();

  /// Why a request was refused.
  public enum Refusal {
    /// Past `fundedUntil`.
    Unfunded,
    /// The namespace is suspended.
    Suspended,
    /// More tokens a minute than are admitted.
    Throttled,
    /// No ready replica.
    NotReady,
    /// The queue of the replicas is full.
    Busy
  }

  void arrive(double requests) {
    arrived += requests;
  }

  void refuse(Refusal why, double requests) {
    refused.merge(why, requests, Double::sum);
  }

  void serve(String variant, double quality, double requests, Speed.Mix mix, boolean batch) {
    served += requests;
    input += requests * mix.input();
    output += requests * mix.output();
    qualityTokens += requests * mix.total() * quality;
    tokensByVariant.merge(variant, requests * mix.total(), Double::sum);
    if (batch) {
      batchServed += requests;
      batchTokens += requests * mix.total();
    }
  }

  /// Of what was served: what did not come at the same time, but waited for a replica.
  void late(double tokens, double quality) {
    lateTokens += tokens;
    lateQualityTokens += tokens * quality;
  }

  void meet(double requests) {
    met += requests;
  }

  void move(double requests) {
    moved += requests;
  }

  void miss(double requests) {
    batchMissed += requests;
  }

  void ready(String variant, long seconds) {
    readySeconds.merge(variant, seconds, Long::sum);
  }

  /// Adds micro-dollars that pods cost.
  public void spend(long micros) {
    spentMicros = Math.addExact(spentMicros, micros);
  }

  /// Adds GPU-seconds that pods held.
  public void hold(long held) {
    gpuSeconds += held;
  }

  /// GPU-seconds that pods held.
  public long gpuSeconds() {
    return gpuSeconds;
  }

  /// Counts a change of variant.
  public void change(boolean down) {
    changes++;
    downgrades += down ? 1 : 0;
  }

  /// Adds another tally to this one.
  public void add(Tally other) {
    arrived += other.arrived;
    served += other.served;
    input += other.input;
    output += other.output;
    qualityTokens += other.qualityTokens;
    lateTokens += other.lateTokens;
    lateQualityTokens += other.lateQualityTokens;
    met += other.met;
    moved += other.moved;
    batchServed += other.batchServed;
    batchTokens += other.batchTokens;
    batchMissed += other.batchMissed;
    spentMicros += other.spentMicros;
    gpuSeconds += other.gpuSeconds;
    changes += other.changes;
    downgrades += other.downgrades;
    other.refused.forEach((why, requests) -> refused.merge(why, requests, Double::sum));
    other.tokensByVariant.forEach((name, count) -> tokensByVariant.merge(name, count, Double::sum));
    other.readySeconds.forEach((name, seconds) -> readySeconds.merge(name, seconds, Long::sum));
  }

  /// Requests that came.
  public double arrived() {
    return arrived;
  }

  /// Requests that were answered, batch included.
  public double served() {
    return served;
  }

  /// Input and output tokens of answered requests.
  public double tokens() {
    return input + output;
  }

  /// Tokens times the quality of the variant that computed them.
  public double qualityTokens() {
    return qualityTokens;
  }

  /// Tokens of requests that were served as they came: without those of requests that waited for a
  /// replica while others came, and were served when fewer did.
  public double promptTokens() {
    return tokens() - lateTokens;
  }

  /// [#promptTokens] times the quality of the variant that computed them.
  public double promptQualityTokens() {
    return qualityTokens - lateQualityTokens;
  }

  /// Interactive requests that kept their promise.
  public double met() {
    return met;
  }

  /// Share of admitted interactive requests that kept their promise; 1 where there were none.
  public double attainment() {
    double interactive = served - batchServed;
    return interactive <= 0 ? 1 : met / interactive;
  }

  /// Interactive requests that were moved to the queue.
  public double moved() {
    return moved;
  }

  /// Queued requests that were answered.
  public double batchServed() {
    return batchServed;
  }

  /// Their tokens.
  public double batchTokens() {
    return batchTokens;
  }

  /// Queued requests whose window passed.
  public double batchMissed() {
    return batchMissed;
  }

  /// Micro-dollars that pods cost.
  public long spentMicros() {
    return spentMicros;
  }

  /// Changes of variant that began.
  public long changes() {
    return changes;
  }

  /// Of these, those to a lower rung.
  public long downgrades() {
    return downgrades;
  }

  /// Requests refused for this reason.
  public double refused(Refusal why) {
    return refused.getOrDefault(why, 0.0);
  }

  /// Requests refused.
  public double refused() {
    return refused.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /// Tokens by variant.
  public Map<String, Double> tokensByVariant() {
    return new TreeMap<>(tokensByVariant);
  }

  /// Seconds of ready replicas by variant.
  public Map<String, Long> readySeconds() {
    return new TreeMap<>(readySeconds);
  }
}
