package dev.comptroller.decide.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PostedPriceTest {
  private static final String H100 = "NVIDIA-H100-80GB-HBM3";

  private static Variant variant(
      long parameters,
      String quantization,
      @Nullable TokensPerSecond throughput,
      Variant.@Nullable DeclaredPrice price) {
    return new Variant(
        "large", "h100", 2, BigDecimal.ONE, parameters, quantization, 64, throughput, price, 50);
  }

  @Test
  void shouldTakeTheDeclaredPrice() {
    Variant.DeclaredPrice declared =
        new Variant.DeclaredPrice(Cpm.parse("0.5"), Cpm.parse("0.05"), Cpm.parse("2"));
    Variant variant = variant(0, "?", null, declared);
    PostedPrice price =
        PostedPrice.of(variant, null, Throughput.of(variant, H100), TokenMix.ASSUMED, null)
            .posted()
            .orElseThrow();
    assertThat(price)
        .isEqualTo(
            new PostedPrice(
                1,
                PostedPrice.Source.Declared,
                declared.input(),
                declared.cachedInput(),
                declared.output()));
  }

  @Test
  void shouldDeriveAPriceWhoseMeanIsCostOverUsefulThroughput() {
    Variant variant = variant(0, "?", TokensPerSecond.of(2_800), null);
    PostedPrice price =
        PostedPrice.of(
                variant,
                HourlyRate.parse("19"),
                Throughput.of(variant, "unheard of"),
                TokenMix.ASSUMED,
                null)
            .posted()
            .orElseThrow();
    assertThat(price.source()).isEqualTo(PostedPrice.Source.Derived);
    double mean = (3 * price.input().microsPerMillion() + price.output().microsPerMillion()) / 4e6;
    assertThat(mean).isCloseTo(19 / (2_800 * 0.5 * 3600 / 1e6), within(1e-6));
    assertThat(price.output().microsPerMillion())
        .isCloseTo(4 * price.input().microsPerMillion(), within(4L));
  }

  @Test
  void shouldRaiseTheVersionOnlyWhenThePriceChanges() {
    Variant variant = variant(0, "?", TokensPerSecond.of(2_800), null);
    Throughput speed = Throughput.of(variant, H100);
    PostedPrice first = posted(variant, "19", speed, null);
    PostedPrice same = posted(variant, "19", speed, first);
    PostedPrice dearer = posted(variant, "20", speed, same);
    assertThat(same).isEqualTo(first);
    assertThat(dearer.version()).isEqualTo(2);
    assertThat(posted(variant, "19", speed, dearer).version()).isEqualTo(3);
  }

  private static PostedPrice posted(
      Variant variant, String rate, Throughput speed, @Nullable PostedPrice previous) {
    return PostedPrice.of(variant, HourlyRate.parse(rate), speed, TokenMix.ASSUMED, previous)
        .posted()
        .orElseThrow();
  }

  @Test
  void shouldEstimateFromTheDataSheetAndSaySo() {
    // 70e9 * 4.85 bits = 42.4 GB over 2 * 3.35 TB/s: 6.33 ms a step, 64 tokens each, halved.
    Throughput estimate = Throughput.of(variant(70_000_000_000L, "Q4_K_M", null, null), H100);
    assertThat(estimate).isInstanceOf(Throughput.Estimated.class);
    assertThat(estimate.speed().orElseThrow().thousandths() / 1000.0)
        .isCloseTo(64 / 0.006334 / 2, within(10.0));
    assertThat(((Throughput.Estimated) estimate).basis()).contains("not measured", "2 x H100");
  }

  @Test
  void shouldNameTheFieldToSetWhenNothingIsKnown() {
    assertThat(unknown(variant(0, "Q4_K_M", null, null), H100))
        .contains("model.parameters is not declared", "set throughput of variant large");
    assertThat(unknown(variant(7, "Q9_Z", null, null), H100)).contains("Q9_Z");
    assertThat(unknown(variant(7, "F16", null, null), "Abacus-9000")).contains("Abacus-9000");
    Variant variant = variant(7, "F16", null, null);
    assertThat(PostedPrice.of(variant, null, Throughput.of(variant, H100), TokenMix.ASSUMED, null))
        .isInstanceOfSatisfying(
            PostedPrice.Result.Unknown.class,
            unknown -> assertThat(unknown.message()).contains("GpuNodePool h100"));
  }

  private static String unknown(Variant variant, String product) {
    return switch (Throughput.of(variant, product)) {
      case Throughput.Unknown(_, var message) -> message;
      case Throughput.Measured(var rate) -> "measured " + rate;
      case Throughput.Declared(var rate) -> "declared " + rate;
      case Throughput.Estimated(var rate, _) -> "estimated " + rate;
    };
  }

  @Test
  void shouldTellGpusApartByWholeWords() {
    assertThat(Accelerator.named("NVIDIA-L40S").orElseThrow().name()).isEqualTo("L40S");
    assertThat(Accelerator.named("NVIDIA-L4").orElseThrow().name()).isEqualTo("L4");
    assertThat(Accelerator.named("NVIDIA-A100-SXM4-80GB").orElseThrow().name()).isEqualTo("A100");
    assertThat(Accelerator.named("NVIDIA-A1000")).isEmpty();
  }

  @Property
  void shouldSplitAMeanSoThatTrafficPaysIt(
      @ForAll @LongRange(min = 0, max = 1_000_000_000) long input,
      @ForAll @LongRange(min = 0, max = 1_000_000_000) long cached,
      @ForAll @LongRange(min = 1, max = 1_000_000_000) long output,
      @ForAll @LongRange(min = 0, max = 100_000_000) long mean) {
    TokenMix.Split split = new TokenMix(input, cached, output).split(new Cpm(mean));
    BigDecimal paid =
        dollars(split.input(), input)
            .add(dollars(split.cachedInput(), cached))
            .add(dollars(split.output(), output));
    BigDecimal due = dollars(new Cpm(mean), input + cached + output);
    // Each class is rounded to a micro-dollar per million tokens.
    BigDecimal slack = BigDecimal.valueOf((input + cached + output) / 2 + 1);
    assertThat(paid.subtract(due).abs()).isLessThanOrEqualTo(slack);
  }

  private static BigDecimal dollars(Cpm price, long tokens) {
    return BigDecimal.valueOf(price.microsPerMillion()).multiply(BigDecimal.valueOf(tokens));
  }
}
