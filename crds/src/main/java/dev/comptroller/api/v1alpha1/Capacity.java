package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
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

/// Price and number of the nodes of one capacity type.
@Wire
@ValidationRule(
    value = "self.minNodes <= self.maxNodes",
    message = "minNodes must not exceed maxNodes")
@ValidationRule(
    value =
        "!has(self.effectiveFrom) || !has(self.effectiveUntil) || self.effectiveFrom <"
            + " self.effectiveUntil",
    message = "effectiveFrom must be before effectiveUntil")
@ValidationRule(
    value = "!has(self.prices) || self.prices.map(p, p.from).isSorted()",
    message = "prices must be ordered by from, earliest first")
public record Capacity(
    @Required @JsonPropertyDescription("Reserved, OnDemand or Spot.") CapacityType type,
    @Required
        @Text(Format.DOLLARS)
        @JsonPropertyDescription(
            "Dollars of one node for one hour, in force until the first entry of prices.")
        String pricePerNodeHour,
    @Keyed("from")
        @Size(max = 32)
        @JsonPropertyDescription(
            "Later prices, earliest first. Time before a change stays at the price it had.")
        List<PriceChange> prices,
    @Min(0)
        @Max(10000)
        @Default("0")
        @JsonPropertyDescription(
            "Nodes that are kept even when idle; 0 with Karpenter unless its capacity is static."
                + " Default 0.")
        Integer minNodes,
    @Required @Min(1) @Max(10000) @JsonPropertyDescription("Most nodes.") Integer maxNodes,
    @Text(Format.INSTANT)
        @JsonPropertyDescription(
            "When the capacity begins, such as the start of a reservation. Absent: always.")
        @Nullable String effectiveFrom,
    @Text(Format.INSTANT) @JsonPropertyDescription("When the capacity ends. Absent: never.")
        @Nullable String effectiveUntil) {
  /// Puts the defaults in place of absent members.
  public Capacity {
    prices = Absent.list(prices);
    minNodes = Absent.or(minNodes, 0);
  }

  /// A price and since when it holds.
  @Wire
  public record PriceChange(
      @Required @Text(Format.INSTANT) @JsonPropertyDescription("First instant of the price.")
          String from,
      @Required
          @Text(Format.DOLLARS)
          @JsonPropertyDescription("Dollars of one node for one hour from then on.")
          String pricePerNodeHour) {}
}
