package dev.comptroller.e2e.simulator.autoscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.e2e.simulator.input.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArrivalsTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void shouldLeaveOutTheDaysThatAreToBeSkipped() {
    double[] hours = new double[72];
    Arrays.setAll(hours, hour -> hour);
    Rates all = Rates.steps("hours", 3600, hours);
    Rates second = all.days(1, 1);
    assertThat(second.windows()).isEqualTo(24);
    assertThat(second.mean(0)).isEqualTo(24);
    assertThat(all.days(2, 9).windows()).isEqualTo(24);
    assertThatThrownBy(() -> all.days(3, 1)).hasMessageContaining("3 days are to be skipped");
  }

  @Test
  void shouldComeAtTheRateWithTheVariationAskedFor() {
    for (double variation : new double[] {0.5, 1, 2, 4}) {
      Arrivals.Chunk chunk =
          new Arrivals(Rates.steps("flat", 1000, 200), variation, 0, 5).window(0);
      double sum = 0;
      double squares = 0;
      for (int i = 1; i < chunk.count(); i++) {
        double gap = chunk.at()[i] - chunk.at()[i - 1];
        sum += gap;
        squares += gap * gap;
      }
      double mean = sum / (chunk.count() - 1);
      double found = Math.sqrt(squares / (chunk.count() - 1) - mean * mean) / mean;
      assertThat(chunk.count() / 1000.0).isCloseTo(200, within(200 * 0.01 * variation));
      assertThat(found).isCloseTo(variation, within(0.05 * variation));
    }
  }

  @Test
  void shouldHaveTheLengthsOfTheConversationTrace() {
    Arrivals.Chunk chunk = new Arrivals(Rates.steps("flat", 1000, 200), 1, 0.25, 5).window(0);
    double input = 0;
    double output = 0;
    int batch = 0;
    for (int i = 0; i < chunk.count(); i++) {
      input += chunk.input()[i];
      output += chunk.output()[i];
      batch += chunk.batch()[i] ? 1 : 0;
    }
    assertThat(input / chunk.count()).isCloseTo(1155, within(15.0));
    assertThat(output / chunk.count()).isCloseTo(211, within(2.0));
    assertThat((double) batch / chunk.count()).isCloseTo(0.25, within(0.01));
    assertThat(Sizes.CONTEXT.quantileOf(0.99)).isCloseTo(4142, within(20));
    assertThat(Sizes.GENERATED.quantileOf(0.99)).isCloseTo(601, within(5));
  }

  @Test
  void shouldChangeAlongLinesBetweenTheMiddlesOfWindows() {
    Rates rates = Rates.lines("two", 600, 100, 200);

    assertThat(rates.cell(0, 0)).isEqualTo(100);
    assertThat(rates.cell(0, 59)).isCloseTo(149, within(1.0));
    assertThat(rates.cell(1, 0)).isCloseTo(151, within(1.0));
    assertThat(rates.cell(1, 59)).isEqualTo(200);
    assertThat(rates.share(0.5).cell(1, 59)).isEqualTo(100);
  }

  @Test
  void shouldReadOneWorkloadOfAFileAndNameWhatIsWrong() throws IOException {
    String head = "workload,window_start_s,requests_per_s_sum_over_clients,active_clients\n";
    Path file = folder.resolve("rates.csv");
    Files.writeString(file, head + "a,0,5.5,1\nb,0,9,1\na,600,6.5,1\n");

    Rates rates = Rates.read(file, "a", true);
    assertThat(rates.windows()).isEqualTo(2);
    assertThat(rates.windowSeconds()).isEqualTo(600);
    assertThat(rates.mean(1)).isEqualTo(6.5);
    assertThatThrownBy(() -> Rates.read(file, "c", true))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("0 windows of the workload \"c\"");
    Files.writeString(file, head + "a,0,5.5,1\na,600,x,1\n");
    assertThatThrownBy(() -> Rates.read(file, "a", true))
        .hasMessageContaining("rates.csv:3: requests_per_s_sum_over_clients \"x\"");
    Files.writeString(file, head + "a,0,5.5,1\na,600,6,1\na,900,6,1\n");
    assertThatThrownBy(() -> Rates.read(file, "a", true)).hasMessageContaining("not 600 s apart");
  }
}
