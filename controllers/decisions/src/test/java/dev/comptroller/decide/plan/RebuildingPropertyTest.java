package dev.comptroller.decide.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Making columns that ask too much hold.
class RebuildingPropertyTest {
  @Property(tries = 40)
  void shouldHoldAgainWhateverWasChosenOnceThoseInTheWayWentBack(
      @ForAll long seed, @ForAll @IntRange(min = 20, max = 120) int room) {
    Random random = new Random(seed);
    Fleets.Fleet fleet = Fleets.make(new Fleets.Size(60, 3, 4, 4, room), seed);
    Plan plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
    Column[] columns = plan.columns.clone();
    Load load = new Load(plan.grid);
    List<List<Column>> choices = new ArrayList<>();
    for (int d = 0; d < columns.length; d++) {
      Items items = plan.programs[d].items;
      List<Column> some = new ArrayList<>(List.of(columns[d]));
      for (int choice = 0; choice < 3 && items.size > 0; choice++) {
        int[] counts = new int[items.size];
        counts[random.nextInt(items.size)] = 40;
        some.add(new Column(items, 0, counts));
      }
      choices.add(some);
      columns[d] = some.get(random.nextInt(some.size()));
      load.add(columns[d]);
    }
    Rebuilding rebuilding = new Rebuilding(columns, load, plan.worth, choices);
    boolean repaired = rebuilding.repair();
    assertEquals(repaired, plan.grid.holds(load.used));
    rebuilding.goBack(plan.columns);
    assertTrue(plan.grid.holds(load.used));
  }
}
