package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.e2e.nodeagent.PodAddresses.Network;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PodAddressesTest {
  @Test
  void shouldGiveEveryPodAnotherAddressAlsoBesideOtherAgents() throws Exception {
    Set<String> seen = new HashSet<>();
    try (var one = new PodAddresses(Network.parse("127.201.0.0/16"));
        var other = new PodAddresses(Network.parse("127.201.0.0/16"))) {
      for (int i = 0; i < 600; i++) {
        assertThat(seen.add(one.allocate())).isTrue();
        assertThat(seen.add(other.allocate())).isTrue();
      }
      assertThat(seen).allMatch(address -> address.matches("127\\.201\\.\\d+\\.\\d+"));
    }
  }

  @Test
  void shouldLetAnAddressRestBeforeItIsUsedAgain() throws Exception {
    try (var addresses = new PodAddresses(Network.parse("127.202.0.0/24"))) {
      String first = addresses.allocate();
      addresses.release(first);
      assertThat(addresses.allocate()).isNotEqualTo(first);
    }
  }

  @Test
  void shouldSayWhenTheNetworkIsFullAndGoOnWhenAnAddressIsBack() throws Exception {
    try (var addresses = new PodAddresses(Network.parse("127.203.7.0/24"))) {
      for (int i = 0; i < 253; i++) {
        addresses.allocate();
      }
      assertThatThrownBy(addresses::allocate)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("podAddresses");
      addresses.release("127.203.7.9");
      assertThat(addresses.allocate()).isEqualTo("127.203.7.9");
    }
  }

  @Test
  void shouldRefuseWhatIsNoLoopbackNetwork() {
    for (String text :
        new String[] {
          "10.0.0.0/16", "127.1.2.0/16", "127.0.0.0/25", "127.1", "127.300.0.0/16", "127.1.0.0.16"
        }) {
      assertThatThrownBy(() -> Network.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("podAddresses: ");
    }
  }
}
