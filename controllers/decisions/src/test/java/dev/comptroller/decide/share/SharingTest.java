package dev.comptroller.decide.share;

import static dev.comptroller.decide.share.Wished.NOW;
import static dev.comptroller.decide.share.Wished.SETTLE;
import static dev.comptroller.decide.share.Wished.line;
import static dev.comptroller.decide.share.Wished.pool;
import static dev.comptroller.decide.share.Wished.q4;
import static dev.comptroller.decide.share.Wished.seen;
import static dev.comptroller.decide.share.Wished.share;
import static dev.comptroller.decide.share.Wished.way;
import static dev.comptroller.decide.share.Wished.wish;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.share.Wished.Making;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SharingTest {
  private static final String LOW = "team-a/search";
  private static final String HIGH = "team-b/chat";

  @Test
  void shouldTellNobodyAnythingWhileAllWishesFit() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 4)), wish(LOW, 0, q4(4, 4)), wish(HIGH, 100, q4(4, 0))));
    assertThat(sharing.shares()).isEmpty();
    assertThat(sharing.plan()).isNull();
  }

  @Test
  void shouldLeaveAPoolThatOneAloneWishesForToItself() {
    FleetSeen seen =
        seen(
            List.of(pool("h100", 8, 0, 0), pool("l4", 8, 0, 0)),
            wish(LOW, 0, q4(40, 0)),
            wish(HIGH, 100, way("q8", "l4", 1, "0.9", 4, 0)));
    assertThat(share(seen).shares()).isEmpty();
  }

  @Test
  void shouldServeTheImportantOneFirstAndSayWhoHoldsWhat() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 4)), wish(LOW, 0, q4(4, 4)), wish(HIGH, 100, q4(6, 0))));
    assertThat(line(sharing, HIGH)).isEqualTo("6 x q4");
    Share low = sharing.of(LOW).orElseThrow();
    assertThat(low.line() + ": " + low.why())
        .isEqualTo(
            "2 x q4 instead of 4: pool h100 has 8 GPUs; team-b/chat (priority 100) holds 6;"
                + " gap 0.0 %");
    assertThat(sharing.hourly()).isEqualTo(HourlyRate.parse("32"));
  }

  @Test
  void shouldCountNodesThatMayStillCome() {
    Wish low = wish(LOW, 0, q4(4, 4));
    Wish high = wish(HIGH, 100, q4(8, 0));
    assertThat(share(seen(List.of(pool("h100", 4, 2, 4)), low, high)).shares()).isEmpty();
    Share share = share(seen(List.of(pool("h100", 4, 1, 4)), low, high)).of(LOW).orElseThrow();
    assertThat(share.replicas()).isZero();
    assertThat(share.why()).startsWith("pool h100 has 4 GPUs and may have 8; team-b/chat");
  }

  @Test
  void shouldNotCountWhatPodsOfNobodyHold() {
    FleetSeen seen =
        FleetSeen.of(
            Map.of(LOW, wish(LOW, 0, q4(3, 0)), HIGH, wish(HIGH, 100, q4(4, 0))),
            Map.of("h100", pool("h100", 8, 0, 3)),
            Map.of("h100-0", 3),
            Map.of());
    assertThat(line(share(seen), HIGH)).isEqualTo("4 x q4");
    assertThat(line(share(seen), LOW)).isEqualTo("1 x q4");
    assertThat(share(seen).of(LOW).orElseThrow().why())
        .startsWith("pool h100 has 8 GPUs, 3 of them held by others; ");
  }

  @Test
  void shouldShareByWeightAmongEquals() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 0)),
                new Making(LOW, 5).weight(100).of(q4(8, 0)),
                new Making(HIGH, 5).weight(300).of(q4(8, 0))));
    assertThat(line(sharing, LOW)).isEqualTo("2 x q4");
    assertThat(line(sharing, HIGH)).isEqualTo("6 x q4");
  }

  @Test
  void shouldKeepTheFloorOfTheLessImportantOne() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 4)),
                new Making(LOW, 0).fewest(3).of(q4(4, 4)),
                wish(HIGH, 100, q4(8, 0))));
    assertThat(line(sharing, LOW)).isEqualTo("3 x q4");
    assertThat(line(sharing, HIGH)).isEqualTo("5 x q4");
  }

  @Test
  void shouldTakeNothingFromOneOfWhomNothingIsKnown() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 4)),
                new Making(LOW, 0).firm(4).of(q4(4, 4)),
                wish(HIGH, 100, q4(8, 0))));
    assertThat(line(sharing, LOW)).isEqualTo("4 x q4");
    assertThat(line(sharing, HIGH)).isEqualTo("4 x q4");
  }

  @Test
  void shouldPlanNothingWhereAllIsFirm() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 8)),
                new Making(LOW, 0).firm(5).of(q4(5, 5)),
                new Making(HIGH, 100).firm(4).of(q4(4, 3))));
    assertThat(line(sharing, LOW)).isEqualTo("5 x q4");
    assertThat(line(sharing, HIGH)).isEqualTo("4 x q4");
    assertThat(sharing.gapPerMillion()).isZero();
  }

  @Test
  void shouldStepDownARungWhereThatServesMore() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 0)),
                wish(LOW, 0, way("f16", "h100", 2, "0.9", 3, 0), way("q4", "h100", 1, "0.8", 2, 0)),
                wish(HIGH, 100, q4(6, 0))));
    assertThat(line(sharing, LOW)).isEqualTo("2 x q4");
    assertThat(sharing.of(LOW).orElseThrow().line()).isEqualTo("2 x q4 instead of 3 x f16");
  }

  @Test
  void shouldMoveTheOneThatCanElsewhereSoThatBothAreServed() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 0), pool("l4", 8, 0, 0)),
                wish(
                    HIGH,
                    100,
                    way("on-h100", "h100", 1, "0.8", 6, 0),
                    way("on-l4", "l4", 1, "0.8", 6, 0)),
                wish(LOW, 0, q4(6, 0))));
    assertThat(line(sharing, HIGH)).isEqualTo("6 x on-l4");
    assertThat(line(sharing, LOW)).isEqualTo("6 x q4");
  }

  @Test
  void shouldLeaveOthersElsewhereWhatTheyWishFor() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 0), pool("l4", 8, 0, 0)),
                wish(
                    LOW,
                    50,
                    way("on-h100", "h100", 1, "0.8", 6, 0),
                    way("on-l4", "l4", 1, "0.7", 6, 0)),
                wish(HIGH, 100, q4(8, 0)),
                wish("team-c/third", 0, way("third", "l4", 1, "0.8", 5, 5))));
    assertThat(line(sharing, "team-c/third")).isEqualTo("free");
    assertThat(line(sharing, LOW)).isEqualTo("3 x on-l4");
  }

  @Test
  void shouldStayAtTheRungThatDwells() {
    Way large = way("f16", "h100", 2, "0.9", 3, 3);
    Way small = way("q4", "h100", 1, "0.8", 2, 0);
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 6)),
                new Making(LOW, 0).bound("f16").of(large, small),
                wish(HIGH, 100, q4(6, 0))));
    assertThat(line(sharing, LOW)).isEqualTo("1 x f16");
  }

  @Test
  void shouldMakeRoomWithinItsShareBeforeItChangesTheRung() {
    Way large = way("f16", "h100", 2, "0.9", 4, 4);
    Way small = way("q4", "h100", 1, "0.8", 4, 0);
    Wish high = wish(HIGH, 100, q4(4, 0));
    Sharing full = share(seen(List.of(pool("h100", 8, 0, 8)), wish(LOW, 0, large, small), high));
    assertThat(line(full, LOW)).isEqualTo("1 x f16");
    assertThat(full.of(LOW).orElseThrow().why())
        .contains("4 x q4 follow when there is room beside the old ones");

    Way fewer = way("f16", "h100", 2, "0.9", 4, 1);
    Sharing roomy = share(seen(List.of(pool("h100", 8, 0, 2)), wish(LOW, 0, fewer, small), high));
    assertThat(line(roomy, LOW)).isEqualTo("4 x q4");

    Sharing breaking =
        share(
            seen(
                List.of(pool("h100", 8, 0, 8)),
                new Making(LOW, 0).breaks().of(large, small),
                high));
    assertThat(line(breaking, LOW)).isEqualTo("4 x q4");
  }

  @Test
  void shouldKeepNoMoreOfTheOldRungBesideTheNewOneThanIsWishedFor() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 8, 8), pool("l4", 8, 0, 0)),
                wish(
                    HIGH,
                    100,
                    way("q8", "h100", 1, "0.9", 4, 0),
                    way("q4", "h100", 1, "0.7", 1, 2)),
                wish(LOW, 0, way("f16", "h100", 4, "0.9", 6, 0), way("q2", "l4", 2, "0.9", 1, 0))));
    assertThat(sharing.of(HIGH).orElseThrow().why()).contains("4 x q8 follow when there is room");
    assertThat(line(sharing, HIGH)).isEqualTo("1 x q4");
  }

  @Test
  void shouldKeepTheRungWhereOldAndNewNeverFitTogether() {
    Way large = way("f16", "h100", 4, "0.9", 2, 2);
    Way small = way("q4", "h100", 1, "0.8", 4, 0);
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 8, 0, 8)),
                wish(LOW, 0, large, small),
                wish(HIGH, 100, q4(4, 0))));
    assertThat(line(sharing, LOW)).isEqualTo("1 x f16");
    assertThat(line(sharing, HIGH)).isEqualTo("4 x q4");
  }

  @Test
  void shouldHoldANamespaceToWhatItMaySpend() {
    FleetSeen seen =
        FleetSeen.of(
            Map.of(LOW, wish(LOW, 0, q4(4, 0)), HIGH, wish(HIGH, 100, q4(6, 0))),
            Map.of("h100", pool("h100", 8, 0, 0)),
            Map.of(),
            Map.of("team-b", HourlyRate.parse("13")));
    Sharing sharing = share(seen);
    assertThat(line(sharing, HIGH)).isEqualTo("3 x q4");
    assertThat(line(sharing, LOW)).isEqualTo("4 x q4");
    assertThat(sharing.of(HIGH).orElseThrow().why())
        .contains("allowance of team-b: $12.00/h of $13.00/h");
  }

  @Test
  void shouldLeaveNoGpuIdleBetweenReplicasOfSeveralSizes() {
    Sharing sharing =
        share(
            seen(
                List.of(pool("h100", 7, 0, 0)),
                wish(HIGH, 100, way("f16", "h100", 4, "0.9", 2, 0)),
                wish(LOW, 0, q4(5, 0))));
    assertThat(line(sharing, HIGH)).isEqualTo("1 x f16");
    assertThat(line(sharing, LOW)).isEqualTo("3 x q4");
  }

  @Test
  void shouldGrowAgainOnlyAWhileAfterACut() {
    var pools = List.of(pool("h100", 8, 0, 8));
    Wish low = wish(LOW, 0, q4(4, 4));
    Sharing cut = share(seen(pools, low, wish(HIGH, 100, q4(6, 4))));
    assertThat(line(cut, LOW)).isEqualTo("2 x q4");

    FleetSeen calm = seen(pools, low, wish(HIGH, 100, q4(4, 4)));
    Sharing soon = Sharing.next(cut, calm, SETTLE, NOW.plusSeconds(59));
    assertThat(line(soon, LOW)).isEqualTo("2 x q4");
    assertThat(soon.of(LOW).orElseThrow().why())
        .startsWith("cut at 2026-03-02T12:00:00Z and grows 60 s later at the soonest");
    assertThat(soon.isDue(SETTLE, NOW.plusSeconds(59))).isFalse();
    assertThat(soon.isDue(SETTLE, NOW.plusSeconds(60))).isTrue();

    Sharing later = Sharing.next(soon, calm, SETTLE, NOW.plusSeconds(60));
    assertThat(later.shares()).isEmpty();
    assertThat(later.isDue(SETTLE, NOW.plus(Duration.ofHours(1)))).isFalse();
  }
}
