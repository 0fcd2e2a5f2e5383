package dev.comptroller.gateway.queue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// `/v1/files`, in OpenAI's shapes.
public final class FilesApi {
  private static final int MOST_FIELD = 1_024;
  private static final int MOST_FIELDS = 16;
  private static final int MOST_PAGE = 10_000;
  private static final Duration SHORTEST_LIFE = Duration.ofHours(1);
  private static final Duration LONGEST_LIFE = Duration.ofDays(30);

  private final FileStore files;
  private final Limits limits;

  FilesApi(FileStore files, Limits limits) {
    this.files = files;
    this.limits = limits;
  }

  /// `POST /v1/files`: the content goes to the disk as it comes.
  public Reply upload(Ask ask)
      throws QueueRefused, IOException, SQLException, InterruptedException {
    String id = FileStore.newId();
    Map<String, String> fields = new TreeMap<>();
    String filename = null;
    try (FileStore.Draft draft = files.draft(id)) {
      Multipart body = new Multipart(ask.body(), ask.contentType());
      for (Optional<Multipart.Part> next = body.next(); next.isPresent(); next = body.next()) {
        Multipart.Part part = next.get();
        if (part.name().equals("file")) {
          if (filename != null) {
            throw QueueRefused.bad("file is there twice: send one file a request", "file");
          }
          filename = part.filename().isEmpty() ? "upload.jsonl" : part.filename();
          store(part, draft);
        } else {
          field(part, fields);
        }
      }
      if (filename == null) {
        throw QueueRefused.bad("file is missing: send it as a part of that name", "file");
      }
      String purpose = fields.getOrDefault("purpose", "");
      if (!purpose.equals("batch")) {
        throw QueueRefused.bad(
            "purpose must be batch, is " + (purpose.isEmpty() ? "absent" : purpose), "purpose");
      }
      FileStore.Description description =
          new FileStore.Description(ask.owner(), filename, purpose, life(fields));
      return new Reply.Json(files.keep(draft, id, description).json());
    }
  }

  /// `GET /v1/files`.
  public Reply list(Ask ask) throws QueueRefused, SQLException {
    int limit = ask.limit(MOST_PAGE, MOST_PAGE);
    String order = ask.parameter("order", "desc");
    if (!order.equals("asc") && !order.equals("desc")) {
      throw QueueRefused.bad("order must be asc or desc", "order");
    }
    String after = ask.parameter("after", "");
    Long start = after.isEmpty() ? null : Long.valueOf(find(ask.owner(), after).sequence());
    List<StoredFile> page =
        files.list(
            ask.owner(), ask.parameter("purpose", ""), order.equals("asc"), start, limit + 1);
    return Reply.page(
        page.stream().limit(limit).map(StoredFile::json).toList(), page.size() > limit);
  }

  /// `GET /v1/files/{id}`.
  public Reply get(Ask ask) throws QueueRefused, SQLException {
    return new Reply.Json(find(ask.owner(), ask.id()).json());
  }

  /// `GET /v1/files/{id}/content`.
  public Reply content(Ask ask) throws QueueRefused, SQLException, IOException {
    StoredFile file = find(ask.owner(), ask.id());
    return new Reply.Content(file, files.open(file.id()));
  }

  /// `DELETE /v1/files/{id}`.
  public Reply delete(Ask ask) throws QueueRefused, SQLException, InterruptedException {
    StoredFile file = find(ask.owner(), ask.id());
    files.delete(file);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    return new Reply.Json(answer.put("id", file.id()).put("object", "file").put("deleted", true));
  }

  private StoredFile find(Owner owner, String id) throws QueueRefused, SQLException {
    return files.find(owner, id).orElseThrow(() -> QueueRefused.notFound("file", id));
  }

  private void store(Multipart.Part part, FileStore.Draft draft) throws IOException, QueueRefused {
    byte[] piece = new byte[64 * 1024];
    for (int n = part.content().read(piece); n >= 0; n = part.content().read(piece)) {
      draft.write(piece, n);
      if (draft.bytes() > limits.bytes()) {
        throw QueueRefused.tooLarge(
            "file is longer than %d bytes: split it into batches of at most %d lines and %d bytes"
                .formatted(limits.bytes(), limits.lines(), limits.bytes()));
      }
    }
    if (draft.bytes() == 0) {
      throw QueueRefused.bad("file is empty: send one JSON object a line", "file");
    }
  }

  private static void field(Multipart.Part part, Map<String, String> fields)
      throws IOException, QueueRefused {
    byte[] value = part.content().readNBytes(MOST_FIELD + 1);
    if (value.length > MOST_FIELD || fields.size() == MOST_FIELDS) {
      throw QueueRefused.bad(
          "%s is longer than %d bytes, or one of more than %d fields"
              .formatted(InputLine.Reader.cut(part.name()), MOST_FIELD, MOST_FIELDS),
          InputLine.Reader.cut(part.name()));
    }
    fields.put(part.name(), new String(value, StandardCharsets.UTF_8));
  }

  private static @Nullable Duration life(Map<String, String> fields) throws QueueRefused {
    String seconds = fields.get("expires_after[seconds]");
    String anchor = fields.getOrDefault("expires_after[anchor]", "created_at");
    if (!anchor.equals("created_at")) {
      throw QueueRefused.bad("expires_after[anchor] must be created_at", "expires_after[anchor]");
    }
    return seconds == null ? null : life(seconds, "expires_after[seconds]");
  }

  static Duration life(String seconds, String field) throws QueueRefused {
    Duration life =
        seconds.matches("[0-9]{1,9}") ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO;
    if (life.compareTo(SHORTEST_LIFE) < 0 || life.compareTo(LONGEST_LIFE) > 0) {
      throw QueueRefused.bad(
          "%s must be a whole number of seconds from %d to %d"
              .formatted(field, SHORTEST_LIFE.toSeconds(), LONGEST_LIFE.toSeconds()),
          field);
    }
    return life;
  }
}
