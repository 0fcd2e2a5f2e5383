package dev.comptroller.gateway.table;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Account.Feature;
import dev.comptroller.protocol.routing.Account.Traffic;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Batch;
import dev.comptroller.protocol.routing.Route.Grant;
import dev.comptroller.protocol.routing.Route.Hold;
import dev.comptroller.protocol.routing.Route.Holds;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Limits;
import dev.comptroller.protocol.routing.Route.PostedPrice;
import dev.comptroller.protocol.routing.Route.Replica;
import dev.comptroller.protocol.routing.Route.Unavailable;
import dev.comptroller.protocol.routing.Route.Wake;
import dev.comptroller.protocol.routing.RoutingTable;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads a routing table strictly: a table is either wholly good or refused.
///
/// Fields that it does not know are ignored, so that a newer operator may add some under the same
/// schema. `limits`, `holds`, `batch`, `grants`, `pricierFallback` and `wake` of a route may be
/// left out: no limits, slices, half the price within a day, nobody else, no dearer legs, no
/// waiting for a replica; so may `leftMicros` and `leftAt` of an account.
public final class TableJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  /// Ten thousand dollars per million tokens.
  private static final long HIGHEST_PRICE = 10_000_000_000L;

  private static final int HEAVIEST = 1_000_000;
  private static final int MOST_GPUS = 1024;

  private static final int MOST_WAITING = 100_000;

  /// A day.
  private static final long LONGEST_HOLD = 86_400_000;

  private TableJson() {}

  /// The table in some bytes.
  public static RoutingTable read(byte[] bytes) throws TableRefused {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException e) {
      throw new TableRefused("not JSON: " + firstLine(e.getMessage()));
    }
    if (!root.isObject()) {
      throw new TableRefused("the table must be a JSON object");
    }
    JsonFields table = new JsonFields(root, "");
    long schema = table.integer("schema", 1);
    if (schema != RoutingTable.SCHEMA) {
      throw new TableRefused(
          "schema is %d, this gateway reads %d: run operator and gateway of one version; a table kept from before is replaced by the next one that the operator renders"
              .formatted(schema, RoutingTable.SCHEMA));
    }
    List<Route> routes = table.list("routes", TableJson::route);
    onlyOnce(routes, "routes", "", route -> route.namespace() + "/" + route.deployment());
    List<Account> accounts = table.list("accounts", TableJson::account);
    onlyOnce(accounts, "accounts", "namespace ", Account::namespace);
    return new RoutingTable(RoutingTable.SCHEMA, routes, accounts);
  }

  private static Route route(JsonFields route) throws TableRefused {
    List<Leg> legs = route.list("legs", TableJson::leg);
    onlyOnce(legs, route.at() + "legs", "variant ", Leg::variant);
    Set<String> addresses = new HashSet<>();
    for (Leg leg : legs) {
      for (Replica replica : leg.replicas()) {
        if (!addresses.add(replica.address())) {
          throw new TableRefused(
              "%slegs: address %s is there twice".formatted(route.at(), replica.address()));
        }
      }
    }
    for (int i = 1; i < legs.size(); i++) {
      if (legs.get(i).quality().compareTo(legs.get(i - 1).quality()) > 0) {
        throw new TableRefused(
            "%slegs[%d].quality is %s, more than the one before: list the best first"
                .formatted(route.at(), i, legs.get(i).quality()));
      }
    }
    return new Route(
        route.name("namespace"),
        route.name("deployment"),
        route.text("activeVariant"),
        route.remark("why"),
        legs,
        route.has("unavailable") ? unavailable(route.object("unavailable")) : null,
        route.has("limits") ? limits(route.object("limits")) : Limits.NONE,
        route.has("holds") ? holds(route.object("holds")) : Holds.SLICED,
        route.has("batch") ? batch(route.object("batch")) : Batch.STANDARD,
        route.has("grants") ? route.list("grants", TableJson::grant) : List.of(),
        route.has("pricierFallback") && route.flag("pricierFallback"),
        route.has("wake") ? wake(route.object("wake")) : null);
  }

  private static Leg leg(JsonFields leg) throws TableRefused {
    return new Leg(
        leg.text("variant"),
        leg.decimal("quality"),
        Math.toIntExact(leg.integer("weight", 0, HEAVIEST)),
        leg.has("postedPrice") ? price(leg.object("postedPrice")) : null,
        leg.integer("replicaHourMicros", 0),
        leg.has("replicaGpus") ? Math.toIntExact(leg.integer("replicaGpus", 1, MOST_GPUS)) : 1,
        leg.list("replicas", TableJson::replica));
  }

  private static Replica replica(JsonFields replica) throws TableRefused {
    String address = replica.text("address");
    int colon = address.lastIndexOf(':');
    String port = address.substring(colon + 1);
    if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
      throw new TableRefused(replica.at() + "address must be host:port, is \"" + address + "\"");
    }
    return new Replica(
        replica.text("name"),
        address,
        Math.toIntExact(replica.integer("maxSequences", 1, Integer.MAX_VALUE)));
  }

  private static PostedPrice price(JsonFields price) throws TableRefused {
    return new PostedPrice(
        price.integer("version", 0),
        price.text("source"),
        price.integer("inputMicros", 0, HIGHEST_PRICE),
        price.integer("cachedInputMicros", 0, HIGHEST_PRICE),
        price.integer("outputMicros", 0, HIGHEST_PRICE));
  }

  private static Unavailable unavailable(JsonFields why) throws TableRefused {
    return new Unavailable(why.text("condition"), why.text("reason"), why.remark("message"));
  }

  private static Limits limits(JsonFields limits) throws TableRefused {
    return new Limits(
        limits.maybeInteger("maxInputTokens", 1), limits.maybeInteger("maxOutputTokens", 1));
  }

  private static Holds holds(JsonFields holds) throws TableRefused {
    return new Holds(hold(holds, "interactive"), hold(holds, "batch"));
  }

  private static Hold hold(JsonFields holds, String field) throws TableRefused {
    String word = holds.text(field);
    try {
      return Hold.valueOf(word);
    } catch (IllegalArgumentException _) {
      throw new TableRefused(
          "%s%s must be Sliced or Full, is \"%s\"".formatted(holds.at(), field, word));
    }
  }

  private static Batch batch(JsonFields batch) throws TableRefused {
    return new Batch(
        Math.toIntExact(batch.integer("tariffPercent", 0, 100)),
        batch.integer("completionWindowSeconds", 1),
        batch.names("features"));
  }

  private static Grant grant(JsonFields grant) throws TableRefused {
    return new Grant(
        grant.name("namespace"), grant.names("features"), grant.maybeInteger("maxHourlyMicros", 0));
  }

  private static Wake wake(JsonFields wake) throws TableRefused {
    return new Wake(
        Math.toIntExact(wake.integer("maxWaiting", 1, MOST_WAITING)),
        wake.integer("holdMillis", 1, LONGEST_HOLD));
  }

  private static Account account(JsonFields account) throws TableRefused {
    Instant start = account.instant("periodStart");
    Instant end = account.instant("periodEnd");
    if (!start.isBefore(end)) {
      throw new TableRefused(
          "%speriodEnd must be after periodStart %s, is %s".formatted(account.at(), start, end));
    }
    List<Feature> features = account.list("features", TableJson::feature);
    onlyOnce(features, account.at() + "features", "name ", Feature::name);
    return new Account(
        account.name("namespace"),
        account.text("budget"),
        start,
        end,
        account.flag("hard"),
        account.flag("observe"),
        account.maybeInstant("fundedUntil"),
        account.maybeInteger("abroadMicros", 0),
        account.maybeInteger("leftMicros", Long.MIN_VALUE),
        account.maybeInstant("leftAt"),
        account.has("traffic") ? traffic(account.object("traffic")) : Traffic.FREE,
        features);
  }

  private static Traffic traffic(JsonFields traffic) throws TableRefused {
    return new Traffic(
        traffic.flag("queueBatch"),
        traffic.maybeInteger("maxOutputTokens", 1),
        traffic.maybeInteger("tokensPerMinute", 1),
        traffic.flag("suspended"),
        traffic.remark("why"),
        traffic.maybeInstant("until"));
  }

  private static Feature feature(JsonFields feature) throws TableRefused {
    return new Feature(
        feature.name("name"),
        feature.maybeInteger("amountMicros", 0),
        Math.toIntExact(feature.integer("priority", Integer.MIN_VALUE, Integer.MAX_VALUE)),
        feature.flag("batchEligible"),
        feature.flag("downgradeAllowed"));
  }

  private static <T> void onlyOnce(List<T> all, String at, String what, Function<T, String> name)
      throws TableRefused {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < all.size(); i++) {
      if (!seen.add(name.apply(all.get(i)))) {
        throw new TableRefused(
            "%s[%d]: %s%s is there twice".formatted(at, i, what, name.apply(all.get(i))));
      }
    }
  }

  private static String firstLine(@Nullable String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }
}
