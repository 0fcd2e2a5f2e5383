package dev.comptroller.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private final Sampler.Scratch scratch = new Sampler.Scratch();

  @Test
  void shouldTakeTheLargestAtTemperatureZeroAndTheLowestIdAmongEquals() {
    assertThat(token(SamplingParams.greedy(1), 1, 7, -3, 7)).isEqualTo(1);
    assertThat(token(SamplingParams.greedy(1), Float.NEGATIVE_INFINITY, -8)).isEqualTo(1);
  }

  @Test
  void shouldCallARowWithoutAFiniteLargestValueBroken() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Choice choice = choose(SamplingParams.greedy(1), 1, bad, 2);
      assertThat(choice).isInstanceOf(Choice.Broken.class);
    }
    assertThat(choose(SamplingParams.greedy(1), Float.NEGATIVE_INFINITY))
        .isInstanceOf(Choice.Broken.class);
  }

  @Test
  void shouldChooseTheSameForTheSameSeedAndOtherwiseForAnother() {
    SamplingParams params = SamplingParams.greedy(1).withRandomness(1, 1, 0, 11);
    float[] flat = new float[1000];
    List<Integer> first = draws(new Sampler(params), flat, 20);
    assertThat(draws(new Sampler(params), flat, 20)).isEqualTo(first);
    assertThat(draws(new Sampler(params.withRandomness(1, 1, 0, 12)), flat, 20))
        .isNotEqualTo(first);
  }

  @Test
  void shouldDrawOnlyFromTheNucleusThatAFullSortGives() {
    Random random = new Random(3);
    for (int attempt = 0; attempt < 200; attempt++) {
      float[] row = new float[1 + random.nextInt(60)];
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) (random.nextGaussian() * 3);
      }
      double temperature = 0.2 + random.nextDouble();
      double topP = 0.05 + 0.95 * random.nextDouble();
      int topK = random.nextInt(row.length + 1);
      SamplingParams params =
          SamplingParams.greedy(1).withRandomness(temperature, topP, topK, attempt);
      Set<Integer> allowed = nucleus(row, temperature, topP, topK);
      Set<Integer> drawn = new HashSet<>(draws(new Sampler(params), row, 300));
      assertThat(allowed).containsAll(drawn);
    }
  }

  @Test
  void shouldDrawAsOftenAsTheProbabilitiesSay() {
    float[] row = {(float) Math.log(6), (float) Math.log(3), (float) Math.log(1)};
    int[] counts = new int[3];
    Sampler sampler = new Sampler(SamplingParams.greedy(1).withRandomness(1, 1, 0, 5));
    draws(sampler, row, 20_000).forEach(token -> counts[token]++);
    assertThat(counts[0] / 20_000.0).isCloseTo(0.6, within(0.015));
    assertThat(counts[1] / 20_000.0).isCloseTo(0.3, within(0.015));
    int[] cut = new int[3];
    Sampler nucleus = new Sampler(SamplingParams.greedy(1).withRandomness(1, 0.85, 0, 5));
    draws(nucleus, row, 20_000).forEach(token -> cut[token]++);
    assertThat(cut[2]).isZero();
    assertThat(cut[0] / 20_000.0).isCloseTo(2 / 3.0, within(0.015));
  }

  @Test
  void shouldGiveLogProbabilitiesOfTheRowAsItWasBeforeBiases() {
    SamplingParams params =
        SamplingParams.greedy(1).withLogprobs(2).withPenalties(0, 0, Map.of(2, 100.0));
    Choice choice = choose(params, (float) Math.log(5), (float) Math.log(4), 0);
    assertThat(choice)
        .isInstanceOfSatisfying(
            Choice.Chosen.class,
            chosen -> {
              assertThat(chosen.token()).isEqualTo(2);
              TokenEvent.Logprob logprob = chosen.logprob();
              assertThat(logprob).isNotNull();
              if (logprob != null) {
                assertThat(Math.exp(logprob.value())).isCloseTo(0.1, within(1e-6));
                assertThat(logprob.top())
                    .extracting(TokenEvent.Candidate::id)
                    .containsExactly(0, 1);
                assertThat(Math.exp(logprob.top().get(1).logprob())).isCloseTo(0.4, within(1e-6));
              }
            });
  }

  @Test
  void shouldPenaliseWhatWasGenerated() {
    SamplingParams params = SamplingParams.greedy(9).withPenalties(0.5, 1, Map.of());
    assertThat(draws(new Sampler(params), new float[] {3, 2, 1}, 5))
        .as("3, then 2 against 1.5, then 1.5 against 1 and 0.5, ...")
        .containsExactly(0, 1, 0, 2, 0);
  }

  @Test
  void shouldNameTheFieldOfABadParameter() {
    SamplingParams good = SamplingParams.greedy(1);
    assertThatThrownBy(() -> SamplingParams.greedy(0)).hasMessageContaining("maxTokens is 0");
    assertThatThrownBy(() -> good.withRandomness(2.1, 1, 0, 1))
        .hasMessageContaining("temperature is 2.1");
    assertThatThrownBy(() -> good.withRandomness(Double.NaN, 1, 0, 1))
        .hasMessageContaining("temperature is NaN");
    assertThatThrownBy(() -> good.withRandomness(1, 0, 0, 1)).hasMessageContaining("topP is 0");
    assertThatThrownBy(() -> good.withPenalties(3, 0, Map.of()))
        .hasMessageContaining("presencePenalty is 3");
    assertThatThrownBy(() -> good.withPenalties(0, 0, Map.of(4, 101.0)))
        .hasMessageContaining("logitBias[4] is 101");
    assertThatThrownBy(() -> good.withStops(List.of(""))).hasMessageContaining("stops");
    assertThatThrownBy(() -> good.withLogprobs(21)).hasMessageContaining("topLogprobs is 21");
  }

  private int token(SamplingParams params, float... row) {
    return switch (choose(params, row)) {
      case Choice.Chosen(int token, _) -> token;
      case Choice.Broken(String message) -> throw new AssertionError(message);
    };
  }

  private Choice choose(SamplingParams params, float... row) {
    return new Sampler(params).choose(row.clone(), row.length, scratch);
  }

  private List<Integer> draws(Sampler sampler, float[] row, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            _ ->
                switch (sampler.choose(row.clone(), row.length, scratch)) {
                  case Choice.Chosen(int token, _) -> token;
                  case Choice.Broken(String message) -> throw new AssertionError(message);
                })
        .toList();
  }

  private static Set<Integer> nucleus(float[] row, double temperature, double topP, int topK) {
    double[] weights = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      weights[i] = Math.exp(row[i] / temperature);
    }
    List<Integer> order =
        IntStream.range(0, row.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -weights[i]))
            .limit(topK == 0 ? row.length : topK)
            .toList();
    double sum = order.stream().mapToDouble(i -> weights[i]).sum();
    Set<Integer> allowed = new HashSet<>();
    double reached = 0;
    for (int i : order) {
      if (!allowed.isEmpty() && reached >= topP * sum * (1 + 1e-9)) {
        break;
      }
      allowed.add(i);
      reached += weights[i];
    }
    assertThat(Arrays.stream(weights).allMatch(Double::isFinite)).isTrue();
    return allowed;
  }
}
