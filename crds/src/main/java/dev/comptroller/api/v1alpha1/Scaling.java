package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.comptroller.api.schema.Distinct;
import dev.comptroller.api.schema.Format;
import dev.comptroller.api.schema.Keyed;
import dev.comptroller.api.schema.Text;
import dev.comptroller.api.schema.Wire;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Between how many replicas, and when.
@Wire
@ValidationRule(
    value = "!has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
    message = "minReplicas must not exceed maxReplicas")
@ValidationRule(
    value =
        "!has(self.maxReplicas) || !has(self.schedules) || self.schedules.all(s,"
            + " s.minReplicas <= self.maxReplicas)",
    message = "minReplicas of a schedule must not exceed maxReplicas")
public record Scaling(
    @Min(0)
        @Max(1000)
        @Default("1")
        @JsonPropertyDescription(
            "Fewest replicas; 0 lets the deployment go to zero after idleTimeout. Default 1.")
        Integer minReplicas,
    @Min(1) @Max(1000) @JsonPropertyDescription("Most replicas. Absent: minReplicas, at least 1.")
        @Nullable Integer maxReplicas,
    @Text(Format.DURATION)
        @Default("10m")
        @JsonPropertyDescription(
            "Time without a request after which a deployment with minReplicas 0 goes"
                + " to zero. Default 10m.")
        String idleTimeout,
    @Default("Enforce")
        @JsonPropertyDescription(
            "Enforce, or Observe: report what would be done and leave replicas alone."
                + " Default Enforce.")
        Mode mode,
    @Keyed("name")
        @Size(max = 32)
        @JsonPropertyDescription(
            "Times of the week with a higher minimum. Where several hold, the highest counts.")
        List<Schedule> schedules) {
  /// Puts the defaults in place of absent members.
  public Scaling {
    minReplicas = Absent.or(minReplicas, 1);
    idleTimeout = Absent.or(idleTimeout, "10m");
    mode = Absent.or(mode, Mode.ENFORCE);
    schedules = Absent.list(schedules);
  }

  static final Scaling DEFAULT = new Scaling(1, null, "10m", Mode.ENFORCE, List.of());

  /// A weekly span of time with its own minimum.
  @Wire
  @ValidationRule(
      value = "self.start != self.end",
      message = "start and end must differ; for a whole day use 00:00 and 23:59")
  public record Schedule(
      @Required
          @Text(Format.NAME)
          @JsonPropertyDescription(
              "Name of the schedule, unique in the list; it appears in messages.")
          String name,
      @Text(Format.TIME_ZONE)
          @Default("UTC")
          @JsonPropertyDescription("IANA time zone of start and end. Default UTC.")
          String timeZone,
      @Required
          @Distinct
          @Size(min = 1, max = 7)
          @JsonPropertyDescription("Days on which it starts.")
          List<Weekday> days,
      @Required
          @Text(Format.CLOCK)
          @JsonPropertyDescription("Time of day at which it starts, such as 08:00.")
          String start,
      @Required
          @Text(Format.CLOCK)
          @JsonPropertyDescription(
              "Time of day at which it ends; at or before start means on the next day.")
          String end,
      @Required @Min(0) @Max(1000) @JsonPropertyDescription("Fewest replicas while it holds.")
          Integer minReplicas) {
    /// Puts the defaults in place of absent members.
    public Schedule {
      timeZone = Absent.or(timeZone, "UTC");
      days = Absent.list(days);
    }
  }
}
