package dev.comptroller.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.comptroller.gateway", importOptions = DoNotIncludeTests.class)
final class BordersTest {
  @ArchTest
  static final ArchRule ROUTING_IS_PURE =
      classes()
          .that()
          .resideInAPackage("..gateway.route..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "..gateway.route..",
              "dev.comptroller.protocol..",
              "java.lang..",
              "java.math..",
              "java.time..",
              "java.util..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule THE_ORDER_OF_THE_QUEUE_IS_PURE =
      classes()
          .that()
          .resideInAPackage("..gateway.queue.order..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "..gateway.queue.order..",
              "java.lang..",
              "java.time..",
              "java.util..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule METERING_DOES_NO_INPUT_OR_OUTPUT =
      noClasses()
          .that()
          .resideInAPackage("..gateway.meter..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.net..", "java.nio.file..", "java.sql..", "io..");

  @ArchTest
  static final ArchRule ONLY_THE_TABLE_AND_THE_CLUSTER_PACKAGE_KNOW_KUBERNETES =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "..gateway.table..", "..gateway.cluster..", "dev.comptroller.gateway")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");
}
