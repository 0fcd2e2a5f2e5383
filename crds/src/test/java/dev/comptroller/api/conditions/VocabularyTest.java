package dev.comptroller.api.conditions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The names that programs rely on are well formed, unique and documented.
class VocabularyTest {
  private static final String CAMEL = "([A-Z][a-z]+)+";

  @Test
  void shouldNameConditionsAndReasonsInCamelCaseAndOnce() {
    List<String> types = Arrays.stream(ConditionType.values()).map(ConditionType::wire).toList();
    List<String> reasons = Arrays.stream(Reason.values()).map(Reason::wire).toList();

    assertThat(types).doesNotHaveDuplicates().allMatch(name -> name.matches(CAMEL));
    assertThat(reasons).doesNotHaveDuplicates().allMatch(name -> name.matches(CAMEL));
  }

  @Test
  void shouldSayWhatEachMeansInOneSentence() {
    assertThat(Reason.values()).allMatch(reason -> reason.sentence().matches("[A-Z].{10,}\\."));
    assertThat(ConditionType.values()).allMatch(type -> type.sentence().matches("[A-Z].{10,}\\."));
  }

  @Test
  void shouldGiveEveryConditionAtLeastOneReasonAndEveryReasonACondition() {
    assertThat(ConditionType.values())
        .allSatisfy(
            type ->
                assertThat(Reason.values()).anyMatch(reason -> reason.conditions().contains(type)));
    assertThat(Reason.values()).noneMatch(reason -> reason.conditions().isEmpty());
  }
}
