package dev.comptroller.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class PlacesTest {
  @Test
  void shouldLetInteractiveRequestsInBeforeOlderBatchRequests() {
    Places places = new Places(2);
    places.add(1, RequestClass.BATCH);
    places.add(2, RequestClass.BATCH);
    places.add(3, RequestClass.INTERACTIVE);

    assertThat(enterAll(places)).containsExactly(3L, 1L);
    assertThat(places.waiting(RequestClass.BATCH)).isEqualTo(1);
  }

  @Test
  void shouldTakeThePlaceOfTheYoungestBatchRequestThatCanGoOn() {
    Places places = new Places(3);
    places.add(1, RequestClass.BATCH);
    places.add(2, RequestClass.BATCH);
    places.add(3, RequestClass.BATCH);
    enterAll(places);
    assertThat(places.makeRoom(id -> true)).isEmpty();

    places.add(4, RequestClass.INTERACTIVE);
    assertThat(places.makeRoom(id -> id < 3)).hasValue(2);
    assertThat(enterAll(places)).containsExactly(4L);

    places.remove(4);
    places.add(5, RequestClass.BATCH);
    assertThat(places.enter()).as("before those that came later").hasValue(2);
  }

  @Test
  void shouldNotTakeThePlaceOfAnInteractiveRequest() {
    Places places = new Places(1);
    places.add(1, RequestClass.INTERACTIVE);
    places.add(2, RequestClass.INTERACTIVE);
    enterAll(places);

    assertThat(places.makeRoom(id -> true)).isEmpty();
  }

  @Property
  void shouldNeverHoldMoreThanTheEngineDoesAndLoseNobody(
      @ForAll @IntRange(min = 1, max = 4) int most,
      @ForAll @Size(max = 60) List<@IntRange(max = 3) Integer> moves) {
    Places places = new Places(most);
    List<Long> there = new ArrayList<>();
    long next = 0;
    for (int move : moves) {
      switch (move) {
        case 0, 1 -> {
          places.add(next, move == 0 ? RequestClass.INTERACTIVE : RequestClass.BATCH);
          there.add(next++);
        }
        case 2 -> {
          places.makeRoom(id -> true);
          enterAll(places);
        }
        default -> {
          if (!there.isEmpty()) {
            places.remove(there.removeFirst());
          }
        }
      }
      int inside = places.inside(RequestClass.INTERACTIVE) + places.inside(RequestClass.BATCH);
      int waiting = places.waiting(RequestClass.INTERACTIVE) + places.waiting(RequestClass.BATCH);
      assertThat(inside).isLessThanOrEqualTo(most);
      assertThat(inside + waiting).isEqualTo(there.size());
    }
  }

  private static List<Long> enterAll(Places places) {
    List<Long> entered = new ArrayList<>();
    for (OptionalLong next = places.enter(); next.isPresent(); next = places.enter()) {
      entered.add(next.getAsLong());
    }
    return entered;
  }
}
