package dev.comptroller.gateway.ledger;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// One PostgreSQL for all tests of a run; each takes databases of its own from it.
final class SharedPostgres implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == PostgresServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .computeIfAbsent(PostgresServer.class, _ -> start(), PostgresServer.class);
  }

  private static PostgresServer start() {
    try {
      return PostgresServer.start();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (java.io.IOException | java.sql.SQLException e) {
      throw new IllegalStateException("PostgreSQL for the tests", e);
    }
  }
}
