package dev.comptroller.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.protocol.routing.Route.Replica;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WeatherTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final Stores.Time time = new Stores.Time(Instant.parse("2026-03-01T00:00:00Z"));
  private final Replica one = replica("one", "127.0.0.1:1");
  private final Replica other = replica("other", "127.0.0.1:2");

  @Test
  void shouldCountWhatBreaksTogetherAsOneDeathOfAReplica() throws Exception {
    try (QueueDatabase database = QueueDatabase.open(folder.resolve("queue.db"))) {
      Weather weather = new Weather(database, time);
      weather.died(one);
      weather.died(one);
      time.pass(Duration.ofSeconds(2));
      weather.died(one);
      weather.died(other);
      assertThat(weather.lately().deaths()).isCloseTo(2, within(0.01));
      time.pass(Duration.ofSeconds(10));
      weather.died(one);
      assertThat(weather.lately().deaths()).isCloseTo(3, within(0.02));
    }
  }

  @Test
  void shouldCountTheTimeInWhichReplicasWereLookedAt() throws Exception {
    try (QueueDatabase database = QueueDatabase.open(folder.resolve("queue.db"))) {
      Weather weather = new Weather(database, time);
      look(weather, 60);
      assertThat(weather.lately().replicaSeconds()).isCloseTo(120, within(2.0));
      time.pass(Duration.ofMinutes(5));
      look(weather, 1);
      assertThat(weather.lately().replicaSeconds())
          .as("nobody looked for five minutes")
          .isLessThan(123);
    }
  }

  @Test
  void shouldForgetBitByBit() throws Exception {
    try (QueueDatabase database = QueueDatabase.open(folder.resolve("queue.db"))) {
      Weather weather = new Weather(database, time);
      weather.died(one);
      time.pass(Duration.ofHours(1));
      assertThat(weather.lately().deaths()).isCloseTo(Math.exp(-1), within(1e-9));
      time.pass(Duration.ofHours(9));
      assertThat(weather.lately().deaths()).isLessThan(1e-4);
    }
  }

  @Test
  void shouldKnowOfDeathsThoughTheGatewayWasKilledRightAfterThem() throws Exception {
    try (QueueDatabase database = QueueDatabase.open(folder.resolve("queue.db"))) {
      Weather killed = new Weather(database, time);
      look(killed, 20);
      killed.died(one);
      killed.died(other);
    }
    time.pass(SECOND);
    try (QueueDatabase database = QueueDatabase.open(folder.resolve("queue.db"))) {
      Weather next = new Weather(database, time);
      next.restore();
      assertThat(next.lately().deaths()).isCloseTo(2, within(0.01));
      assertThat(next.lately().replicaSeconds()).isCloseTo(40, within(1.0));
    }
  }

  @Test
  void shouldNotGrowWhenTheClockIsSetBack() throws Exception {
    try (QueueDatabase database = QueueDatabase.open(folder.resolve("queue.db"))) {
      Weather weather = new Weather(database, time);
      look(weather, 10);
      weather.died(one);
      time.pass(Duration.ofHours(-2));
      weather.saw(one);
      assertThat(weather.lately().deaths()).isCloseTo(1, within(0.01));
      assertThat(weather.lately().replicaSeconds()).isLessThan(21);
      weather.died(one);
      assertThat(weather.lately().deaths()).isCloseTo(2, within(0.01));
    }
  }

  private void look(Weather weather, int seconds) {
    for (int i = 0; i <= seconds; i++) {
      weather.saw(one);
      weather.saw(other);
      if (i < seconds) {
        time.pass(SECOND);
      }
    }
  }

  private static Replica replica(String name, String address) {
    return new Replica(name, address, 4);
  }
}
