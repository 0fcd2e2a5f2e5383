package dev.comptroller.e2e.promises.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// Guards the borders between the parts; each rule says why it is there.
@AnalyzeClasses(
    packages = "dev.comptroller",
    importOptions = {ImportOption.DoNotIncludeTests.class})
class ArchitectureTest {
  private static final String[] PURE = {
    "dev.comptroller.decide..",
    "dev.comptroller.batching..",
    "dev.comptroller.metering..",
    "dev.comptroller.protocol.."
  };

  @ArchTest
  static final ArchRule pureCodeKnowsOnlyTheJdk =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java.lang..",
              "java.util..",
              "java.time..",
              "java.math..",
              "org.jspecify..",
              "dev.comptroller.decide..",
              "dev.comptroller.batching..",
              "dev.comptroller.metering..",
              "dev.comptroller.protocol..")
          .because("decisions must be replayable from their arguments alone");

  @ArchTest
  static final ArchRule pureCodeReadsNoClockAndNoEnvironment =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "getProperty", String.class)
          .orShould()
          .callMethod(Math.class, "random")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage("java.util.concurrent.locks..", "java.util.logging..")
          .because("time and chance are arguments, so that a decision can run again and agree");

  @ArchTest
  static final ArchRule pureCodeHasNoMutableStatics =
      fields()
          .that()
          .areDeclaredInClassesThat(resideInAnyPackage(PURE))
          .and()
          .areStatic()
          .should()
          .beFinal()
          .because("state belongs to arguments and results");

  @ArchTest
  static final ArchRule decisionsAndTheApiDoNotKnowEachOther =
      noClasses()
          .that()
          .resideInAPackage("dev.comptroller.decide..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.comptroller.api..")
          .because("wire records are nullable strings; only the parsers bridge to the domain");

  @ArchTest
  static final ArchRule theApiKnowsNobody =
      noClasses()
          .that()
          .resideInAPackage("dev.comptroller.api..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.comptroller.decide..",
              "dev.comptroller.reconcile..",
              "dev.comptroller.operator..",
              "dev.comptroller.gateway..",
              "dev.comptroller.server..")
          .because("users' manifests must not change shape when the code behind them does");

  @ArchTest
  static final ArchRule onlyFfiTouchesForeignMemory =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.comptroller.engine.llama..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..")
          .because("a wrong offset kills the process; it stays behind one border");

  @ArchTest
  static final ArchRule theServingPathDoesNotKnowTheControllers =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.comptroller.batching..",
              "dev.comptroller.engine..",
              "dev.comptroller.server..",
              "dev.comptroller.gateway..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.comptroller.decide..",
              "dev.comptroller.reconcile..",
              "dev.comptroller.operator..",
              "dev.comptroller.api..")
          .because("requests are served when the operator and the API server are gone");

  @ArchTest
  static final ArchRule theServerKnowsNoKubernetes =
      noClasses()
          .that()
          .resideInAnyPackage("dev.comptroller.server..", "dev.comptroller.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..")
          .because("the engine process holds no credentials");

  @ArchTest
  static final ArchRule reconcilersAreFreeOfQuarkus =
      noClasses()
          .that()
          .resideInAPackage("dev.comptroller.reconcile..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.quarkus..", "jakarta..")
          .because("they start in a plain unit test; leaving Quarkus costs one module");

  @ArchTest
  static final ArchRule theLocalFleetPartsKnowNothingOfComptroller =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.comptroller.e2e.controlplane..", "dev.comptroller.e2e.nodeagent..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.comptroller.api..",
              "dev.comptroller.decide..",
              "dev.comptroller.reconcile..",
              "dev.comptroller.protocol..",
              "dev.comptroller.gateway..",
              "dev.comptroller.server..")
          .because("what runs the product in tests must not be able to help it");

  @ArchTest
  static final ArchRule namesSayWhatAThingIs =
      classes()
          .should()
          .haveNameNotMatching(".*(Manager|Helper|Util|Utils|Impl)")
          .because("such names hide what a class does");

  @ArchTest
  static final ArchRule noReflectionByName =
      noClasses()
          .should()
          .callMethod(Class.class, "forName", String.class)
          .because("implementations are chosen in main, in plain sight");

  @ArchTest
  static final ArchRule partsHaveNoCycles =
      slices().matching("dev.comptroller.(*)..").should().beFreeOfCycles();
}
