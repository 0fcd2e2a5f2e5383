package dev.comptroller.e2e.nodeagent;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/// What the tests' images run: a small web server that shows what its container was given.
///
/// `/` names the pod, `/arg/N` an argument, `/file?PATH` a file, `/env/NAME` a variable, `/sick`
/// makes `/health` fail from then on, `/exit/N` ends the process.
public final class WebProgram {
  private WebProgram() {}

  /// Arguments: port, then whatever `/arg/N` is to show.
  public static void main(String[] arguments) throws Exception {
    String address = System.getenv("POD_IP");
    var healthy = new AtomicBoolean(true);
    var server =
        HttpServer.create(new InetSocketAddress(address, Integer.parseInt(arguments[0])), 16);
    server.createContext(
        "/",
        exchange -> {
          String[] path = exchange.getRequestURI().getPath().split("/", -1);
          int code = 200;
          String text =
              switch (path[1]) {
                case "arg" -> arguments[Integer.parseInt(path[2])];
                case "env" -> String.valueOf(System.getenv(path[2]));
                case "allenv" -> String.join(",", Map.copyOf(System.getenv()).keySet());
                case "file" -> Files.readString(Path.of(exchange.getRequestURI().getQuery()));
                case "sick" -> {
                  healthy.set(false);
                  yield "sick";
                }
                case "exit" -> {
                  Runtime.getRuntime().halt(Integer.parseInt(path[2]));
                  yield "";
                }
                default -> {
                  code = healthy.get() ? 200 : 500;
                  yield healthy.get() ? "pid " + ProcessHandle.current().pid() : "not healthy";
                }
              };
          byte[] body = text.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    System.out.println("listening on " + address);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> System.out.println("stopping")));
  }
}
