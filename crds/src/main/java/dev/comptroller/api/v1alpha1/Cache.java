package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/// What is remembered between requests.
@Wire
public record Cache(
    @Default("{}") @JsonPropertyDescription("Shared beginnings of prompts, kept in the replica.")
        Prefix prefix,
    @Default("{}")
        @JsonPropertyDescription("Whole answers to the same request, kept in the gateway.")
        Exact exact,
    @Default("{}")
        @JsonPropertyDescription("Whole answers to similar requests, kept in the gateway.")
        Semantic semantic) {
  /// Puts the defaults in place of absent members.
  public Cache {
    prefix = Absent.or(prefix, Prefix.DEFAULT);
    exact = Absent.or(exact, Exact.DEFAULT);
    semantic = Absent.or(semantic, Semantic.DEFAULT);
  }

  static final Cache DEFAULT = new Cache(Prefix.DEFAULT, Exact.DEFAULT, Semantic.DEFAULT);

  /// The prefix cache.
  @Wire
  public record Prefix(
      @Default("true") @JsonPropertyDescription("Whether it is used. Default true.")
          Boolean enabled) {
    static final Prefix DEFAULT = new Prefix(true);

    /// Puts the defaults in place of absent members.
    public Prefix {
      enabled = Absent.or(enabled, true);
    }
  }

  /// The cache of answers to the same request.
  @Wire
  public record Exact(
      @Default("false") @JsonPropertyDescription("Whether it is used. Default false.")
          Boolean enabled,
      @Text(Format.DURATION)
          @Default("1h")
          @JsonPropertyDescription("How long an answer is kept. Default 1h.")
          String timeToLive) {
    static final Exact DEFAULT = new Exact(false, "1h");

    /// Puts the defaults in place of absent members.
    public Exact {
      enabled = Absent.or(enabled, false);
      timeToLive = Absent.or(timeToLive, "1h");
    }
  }

  /// The cache of answers to similar requests.
  @Wire
  public record Semantic(
      @Default("false") @JsonPropertyDescription("Whether it is used. Default false.")
          Boolean enabled,
      @Min(50)
          @Max(100)
          @Default("95")
          @JsonPropertyDescription(
              "Percent of similarity from which an answer is used. Default 95.")
          Integer similarity,
      @Text(Format.DURATION)
          @Default("1h")
          @JsonPropertyDescription("How long an answer is kept. Default 1h.")
          String timeToLive) {
    static final Semantic DEFAULT = new Semantic(false, 95, "1h");

    /// Puts the defaults in place of absent members.
    public Semantic {
      enabled = Absent.or(enabled, false);
      similarity = Absent.or(similarity, 95);
      timeToLive = Absent.or(timeToLive, "1h");
    }
  }
}
