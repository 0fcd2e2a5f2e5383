package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.ledger.LedgerSettings;
import dev.comptroller.gateway.ledger.Standing;
import dev.comptroller.gateway.ledger.UsageLine;
import dev.comptroller.gateway.ledger.Verification;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a gateway's disk says in the end, without the names that are made by chance.
///
/// @param sums of accounts
/// @param charges of usage lines, sorted
/// @param batches with their state, counts, charges and the lines of their files
/// @param files by name
/// @param leftovers bytes on disk that nothing refers to, and drafts
/// @param table that a restart takes up
record End(
    List<String> sums,
    List<String> charges,
    List<String> batches,
    List<String> files,
    long leftovers,
    String table) {
  /// Reads it, and verifies the ledger's chain.
  static End of(Stores stores) throws Exception {
    var _ = Verification.of(new LedgerSettings.Database.Embedded(stores.data));
    List<Batch> all = stores.batches.list(Story.OWNER, null, 100);
    List<String> charges = new ArrayList<>();
    for (UsageLine line : stores.ledger.recent(10_000)) {
      Long charge = line.chargeMicros();
      if (charge != null && charge > 0) {
        charges.add(plain(all, line.requestId()) + " " + line.tariffPercent() + " % " + charge);
      }
    }
    List<String> batches = new ArrayList<>();
    for (Batch batch : all) {
      batches.add(
          "%s %s %s charged %d of %d, output %s, errors %s"
              .formatted(
                  batch.metadata(),
                  batch.state(),
                  batch.counts(),
                  batch.chargedMicros(),
                  batch.fullMicros(),
                  plain(all, content(stores, batch.outputFile())),
                  plain(all, content(stores, batch.errorFile()))));
    }
    List<StoredFile> files = stores.files.list(Story.OWNER, "", true, null, 100);
    long bytes = count(stores, "files");
    return new End(
        stores.ledger.standings(Instant.EPOCH).stream().map(End::sum).sorted().toList(),
        charges.stream().sorted().toList(),
        batches,
        files.stream().map(file -> plain(all, file.filename())).sorted().toList(),
        bytes - files.size() + count(stores, "drafts"),
        Files.readString(stores.data.resolve("table.json")));
  }

  private static String sum(Standing standing) {
    return "%s spent %d, held %d"
        .formatted(standing.account().key(), standing.spentMicros(), standing.heldMicros());
  }

  private static long count(Stores stores, String folder) throws Exception {
    try (Stream<Path> found = Files.list(stores.data.resolve("queue").resolve(folder))) {
      return found.count();
    }
  }

  private static String content(Stores stores, @Nullable String file) throws Exception {
    if (file == null) {
      return "none";
    }
    try (var in = stores.files.open(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String plain(List<Batch> batches, String text) {
    String told = text;
    for (Batch batch : batches) {
      told = told.replace(batch.id().substring("batch_".length()), "<" + batch.metadata() + ">");
    }
    return told;
  }
}
