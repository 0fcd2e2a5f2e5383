package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The real kubectl with one kubeconfig.
///
/// @param binary the program
/// @param kubeconfig whose identity it uses
/// @param folder where it runs: what relative file names are relative to
public record Kubectl(Path binary, Path kubeconfig, Path folder) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Runs a command that must succeed, and gives what it said.
  public String run(String... arguments) {
    return checked(command("", arguments));
  }

  /// Runs a command and gives how it ended, whatever that is.
  public Command.Result attempt(String... arguments) {
    return command("", arguments).run();
  }

  /// Applies manifests given as text.
  public String apply(String manifests) {
    return checked(command(manifests, "apply", "-f", "-"));
  }

  /// Gets objects as JSON.
  public JsonNode json(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-o", "json"));
    try {
      return JSON.readTree(run(all.toArray(String[]::new)));
    } catch (JsonProcessingException e) {
      throw new FleetException("kubectl %s said no JSON".formatted(String.join(" ", arguments)), e);
    }
  }

  /// Runs a command as a user would and prints it with its output.
  public void show(PrintStream out, String... arguments) {
    out.println("$ kubectl " + String.join(" ", arguments));
    out.println(attempt(arguments).output());
    out.flush();
  }

  /// A condition in the status of an object; a missing node where there is none.
  public static JsonNode condition(JsonNode object, String type) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  private Command command(String input, String... arguments) {
    List<String> words = new ArrayList<>(List.of(binary.toString(), "--kubeconfig=" + kubeconfig));
    words.addAll(List.of(arguments));
    return new Command(words, Map.of(), input).in(folder);
  }

  private static String checked(Command command) {
    Command.Result result = command.run();
    if (result.status() != 0) {
      throw new FleetException(
          "kubectl %s ended with status %d:\n%s"
              .formatted(
                  String.join(" ", command.words().subList(2, command.words().size())),
                  result.status(),
                  result.output().indent(2)));
    }
    return result.output();
  }
}
