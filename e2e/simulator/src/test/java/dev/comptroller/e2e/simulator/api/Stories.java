package dev.comptroller.e2e.simulator.api;

import static dev.comptroller.e2e.simulator.api.Story.budget;
import static dev.comptroller.e2e.simulator.api.Story.delete;
import static dev.comptroller.e2e.simulator.api.Story.deployment;
import static dev.comptroller.e2e.simulator.api.Story.namespace;
import static dev.comptroller.e2e.simulator.api.Story.stage;

import java.time.Duration;
import java.util.List;

/// Everything that the operator does over several writes, one small story each.
final class Stories {
  private static final String ONE = "replicas: 1";

  private Stories() {}

  /// All of them.
  static List<Story> all() {
    return List.of(
        life(),
        climb(),
        suspension(),
        rollback(),
        competition(),
        neighbours(),
        conflict(),
        priceRise(),
        budgetGone(),
        namespaceAgain(),
        breakBeforeMake());
  }

  /// Granted, served, taken down a rung, ended.
  private static Story life() {
    return new Story(
        "a life",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "1000"), deployment("blue", "chat", ONE)),
            stage(8, budget("blue", "team", "30")),
            stage(8, delete(Kind.MODEL_DEPLOYMENT, "blue", "chat")),
            stage(8, delete(Kind.INFERENCE_BUDGET, "blue", "team"))));
  }

  private static Story climb() {
    return new Story(
        "down a rung and up again",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "30"), deployment("blue", "chat", ONE)),
            stage(15, budget("blue", "team", "1000"))));
  }

  private static Story suspension() {
    return new Story(
        "suspended and resumed",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "1000"), deployment("blue", "chat", ONE)),
            stage(10, budget("blue", "team", "0.60")),
            stage(15, budget("blue", "team", "1000"))));
  }

  /// The first replica of the lower rung does not answer well, the next one does.
  private static Story rollback() {
    return new Story(
        "a rollout that fails, goes back and is tried again",
        rig -> {
          Story.oneNode(rig);
          rig.sick.put("small", Story.START.plus(Duration.ofMinutes(9)));
        },
        List.of(
            stage(8, budget("blue", "team", "1000"), deployment("blue", "chat", ONE)),
            stage(12, budget("blue", "team", "30"))));
  }

  private static Story competition() {
    return new Story(
        "two deployments want the same money",
        Story::twoNodes,
        List.of(
            stage(
                8,
                budget("blue", "team", "1000"),
                deployment("blue", "chat", "replicas: 2\nweight: 3"),
                deployment("blue", "mail", "replicas: 2\nweight: 1\nqualityFloor: 80")),
            stage(12, budget("blue", "team", "120")),
            stage(12, deployment("blue", "chat", "replicas: 2\nweight: 1\npriority: -5"))));
  }

  private static Story neighbours() {
    return new Story(
        "two namespaces on one pool",
        rig -> {
          Story.twoNodes(rig);
          namespace("green").accept(rig);
        },
        List.of(
            stage(
                8,
                budget("blue", "team", "1000"),
                deployment("blue", "chat", ONE),
                budget("green", "team", "30"),
                deployment("green", "chat", ONE)),
            stage(15, budget("blue", "team", "30"), budget("green", "team", "1000"))));
  }

  private static Story conflict() {
    return new Story(
        "a second budget",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "1000"), deployment("blue", "chat", ONE)),
            stage(8, budget("blue", "another", "30")),
            stage(10, delete(Kind.INFERENCE_BUDGET, "blue", "team"))));
  }

  private static Story priceRise() {
    return new Story(
        "a pool becomes dear",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "90"), deployment("blue", "chat", ONE)),
            stage(15, rig -> Story.pool(rig, 24))));
  }

  private static Story budgetGone() {
    return new Story(
        "a budget that is deleted",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "30"), deployment("blue", "chat", ONE)),
            stage(12, delete(Kind.INFERENCE_BUDGET, "blue", "team")),
            stage(12, budget("blue", "team", "30"))));
  }

  private static Story namespaceAgain() {
    return new Story(
        "a namespace that is deleted and comes again",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "1000"), deployment("blue", "chat", ONE)),
            stage(8, delete(Kind.NAMESPACE, "", "blue")),
            stage(
                8,
                namespace("blue"),
                budget("blue", "team", "1000"),
                deployment("blue", "chat", ONE))));
  }

  /// Both replicas fill the only node.
  private static Story breakBeforeMake() {
    String two = "replicas: 2\ndowngrade: {allowed: true, breakBeforeMake: true}";
    return new Story(
        "a change that has to break before it makes",
        Story::oneNode,
        List.of(
            stage(8, budget("blue", "team", "1000"), deployment("blue", "chat", two)),
            stage(15, budget("blue", "team", "60"))));
  }
}
