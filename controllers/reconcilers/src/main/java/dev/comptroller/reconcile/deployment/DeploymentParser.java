package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.Batch;
import dev.comptroller.api.v1alpha1.BatchCapacity;
import dev.comptroller.api.v1alpha1.EngineKind;
import dev.comptroller.api.v1alpha1.Mode;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentSpec;
import dev.comptroller.api.v1alpha1.Quantization;
import dev.comptroller.api.v1alpha1.TargetCpm;
import dev.comptroller.api.v1alpha1.Variant.Model;
import dev.comptroller.api.v1alpha1.Variant.PostedPrice;
import dev.comptroller.api.v1alpha1.Weekday;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import dev.comptroller.decide.scale.Schedule;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.desired.Engine;
import dev.comptroller.reconcile.desired.Rung;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Violations;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Turns the spec of a ModelDeployment into a policy and the rungs of its ladder, or into what is
/// wrong with it. Pure.
public final class DeploymentParser {
  /// The window of CPM where no target gives one.
  public static final Duration DEFAULT_WINDOW = Duration.ofHours(1);

  private static final Pattern PVC = Pattern.compile("pvc://([a-z0-9][-a-z0-9.]*)/([^/].*)");
  private static final Pattern COUNT = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([KMBT])");
  private static final Pattern SPAN = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|s|m|h)");

  private static final Duration LONGEST_QUEUE = Duration.ofHours(24);

  /// What a folder in Hugging Face's format may hold; the other names are llama.cpp's alone.
  private static final Set<Quantization> HUGGING_FACE =
      Collections.unmodifiableSet(
          EnumSet.of(
              Quantization.F16,
              Quantization.BF16,
              Quantization.FP8,
              Quantization.AWQ,
              Quantization.GPTQ,
              Quantization.NVFP4,
              Quantization.MXFP4));

  private static final Pattern ONE_FILE = Pattern.compile(".*[.](gguf|safetensors|bin)");

  private DeploymentParser() {}

  /// What a deployment declares.
  ///
  /// @param policy what to decide by
  /// @param rungs how pods of each variant run, by name, in ladder order
  /// @param window the window of CPM
  /// @param minimumTokens tokens in the window before a target is judged
  /// @param slo the latency that is promised; absent if none is
  /// @param scaling what the autoscaler may do
  public record Declared(
      Policy policy,
      Map<String, Rung> rungs,
      Duration window,
      long minimumTokens,
      @Nullable Slo slo,
      ScalingTerms scaling) {
    /// Whether latency is promised.
    public boolean hasSlo() {
      return slo != null;
    }

    /// Whom requests that are too many make late.
    public Surplus surplus() {
      List<Optional<Duration>> longest =
          rungs.values().stream().map(rung -> Optional.ofNullable(rung.maxQueueTime())).toList();
      return Surplus.of(longest, (slo == null ? Slo.NONE : slo).timeToFirstToken());
    }

    /// What the autoscaler goes by.
    ///
    /// @param pace how fast it follows
    public ScalePolicy scalePolicy(ScalePolicy.Pace pace) {
      return new ScalePolicy(
          policy,
          scaling.asked(),
          scaling.schedules(),
          scaling.idleTimeout(),
          scaling.observe(),
          scaling.downgradeAllowed(),
          scaling.pricierFallback(),
          window,
          pace,
          slo == null ? ScalePolicy.USUAL : slo.attainment(),
          surplus());
    }

    /// The parsed variant called `name`.
    public Variant variant(String name) {
      return policy.ladder().stream()
          .filter(variant -> variant.name().equals(name))
          .findFirst()
          .orElseThrow();
    }
  }

  /// What the autoscaler may do with a deployment.
  ///
  /// @param asked replicas that somebody else set; absent if nobody did
  /// @param schedules times with a higher minimum
  /// @param idleTimeout time without a request after which it may go to zero
  /// @param observe whether only to say what would be done
  /// @param downgradeAllowed whether a lower rung than the first may serve
  /// @param pricierFallback whether a rung may stand in for a better one that is cheaper
  /// @param startsForBatch whether replicas may be started for work that may wait
  public record ScalingTerms(
      @Nullable Integer asked,
      List<Schedule> schedules,
      Duration idleTimeout,
      boolean observe,
      boolean downgradeAllowed,
      boolean pricierFallback,
      boolean startsForBatch) {
    public ScalingTerms {
      schedules = List.copyOf(schedules);
    }
  }

  /// Parses `deployment`.
  public static Parsed<Declared> parse(ModelDeployment deployment) {
    ModelDeploymentSpec spec = deployment.getSpec();
    if (spec == null || spec.variants().isEmpty()) {
      return new Parsed.Invalid<>(List.of("spec.variants: is empty; give at least one"));
    }
    Violations violations = new Violations();
    List<Variant> ladder = new ArrayList<>();
    Map<String, Rung> rungs = new LinkedHashMap<>();
    for (int i = 0; i < spec.variants().size(); i++) {
      var variant = spec.variants().get(i);
      String field = "spec.variants[%d]".formatted(i);
      violations.parse(field, () -> variant(variant, field, violations)).ifPresent(ladder::add);
      rung(variant, field, violations).ifPresent(rung -> rungs.put(rung.name(), rung));
    }
    Optional<String> floor = floor(spec);
    if (floor.isEmpty()) {
      violations.add(
          "spec.qualityFloor",
          "%d is above the quality of every variant; lower it".formatted(spec.qualityFloor()));
    }
    Optional<Scaling> scaling = violations.parse("spec.scaling", () -> scaling(spec));
    TargetCpm target = spec.targetCpm();
    Optional<Cpm> cpm =
        target == null
            ? Optional.empty()
            : violations.parse("spec.targetCpm.dollars", () -> Cpm.parse(target.dollars()));
    Optional<Duration> window =
        target == null
            ? Optional.of(DEFAULT_WINDOW)
            : violations.parse("spec.targetCpm.window", () -> duration(target.window()));
    Optional<Slo> slo = violations.parse("spec.slo", () -> slo(spec));
    Optional<ScalingTerms> terms = violations.parse("spec.scaling", () -> terms(spec, violations));
    if (!violations.isEmpty()) {
      return new Parsed.Invalid<>(violations.found());
    }
    Policy policy =
        new Policy(
            deployment.getMetadata().getNamespace(),
            deployment.getMetadata().getName(),
            ladder,
            floor.orElseThrow(),
            spec.replicas() == null ? spec.scaling().minReplicas() : spec.replicas(),
            scaling.orElseThrow(),
            cpm.orElse(null));
    return new Parsed.Valid<>(
        new Declared(
            policy,
            rungs,
            window.orElseThrow(),
            target == null ? 1 : target.minimumTokens(),
            spec.slo() == null ? null : slo.orElseThrow(),
            terms.orElseThrow()));
  }

  private static ScalingTerms terms(ModelDeploymentSpec spec, Violations violations) {
    List<Schedule> schedules = new ArrayList<>();
    for (int i = 0; i < spec.scaling().schedules().size(); i++) {
      var schedule = spec.scaling().schedules().get(i);
      String field = "spec.scaling.schedules[%d]".formatted(i);
      Optional<ZoneId> zone =
          violations.parse(field + ".timeZone", () -> zone(schedule.timeZone()));
      Optional<LocalTime> start = violations.parse(field + ".start", () -> time(schedule.start()));
      Optional<LocalTime> end = violations.parse(field + ".end", () -> time(schedule.end()));
      if (zone.isPresent() && start.isPresent() && end.isPresent()) {
        violations
            .parse(
                field,
                () ->
                    new Schedule(
                        schedule.name(),
                        zone.get(),
                        days(schedule.days()),
                        start.get(),
                        end.get(),
                        schedule.minReplicas()))
            .ifPresent(schedules::add);
      }
    }
    return new ScalingTerms(
        spec.replicas(),
        schedules,
        violations
            .parse("spec.scaling.idleTimeout", () -> duration(spec.scaling().idleTimeout()))
            .orElse(Duration.ZERO),
        spec.scaling().mode() == Mode.OBSERVE,
        spec.downgrade().allowed(),
        spec.downgrade().pricierFallback(),
        startsFor(spec.batch()));
  }

  /// Whether more than idle slots may serve work that may wait.
  private static boolean startsFor(@Nullable Batch batch) {
    return batch == null || batch.capacity().stream().anyMatch(each -> each != BatchCapacity.IDLE);
  }

  private static Set<DayOfWeek> days(List<Weekday> days) {
    Set<DayOfWeek> found = EnumSet.noneOf(DayOfWeek.class);
    days.forEach(day -> found.add(DayOfWeek.valueOf(day.name())));
    return found;
  }

  private static ZoneId zone(String name) {
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "\"%s\" is no time zone like \"Europe/Berlin\"".formatted(name), e);
    }
  }

  private static LocalTime time(String text) {
    try {
      return LocalTime.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "\"%s\" is no time of day like \"08:00\"".formatted(text), e);
    }
  }

  private static Slo slo(ModelDeploymentSpec spec) {
    var slo = spec.slo();
    if (slo == null) {
      return Slo.NONE;
    }
    // All requests is what nobody can promise: a tenth of a percent is left.
    double attainment = Math.min(slo.attainment() / 100.0, 0.999);
    return new Slo(seconds(slo.timeToFirstToken()), seconds(slo.timePerOutputToken()), attainment);
  }

  private static double seconds(@Nullable String span) {
    return span == null ? Double.POSITIVE_INFINITY : duration(span).toNanos() / 1e9;
  }

  /// The lowest quality that `qualityFloor` allows: the last rung that has it.
  private static Optional<String> floor(ModelDeploymentSpec spec) {
    return spec.variants().stream()
        .filter(variant -> variant.quality() >= spec.qualityFloor())
        .reduce((lowest, next) -> next.quality() <= lowest.quality() ? next : lowest)
        .map(dev.comptroller.api.v1alpha1.Variant::name);
  }

  private static Scaling scaling(ModelDeploymentSpec spec) {
    int min = spec.scaling().minReplicas();
    Integer max = spec.scaling().maxReplicas();
    return new Scaling(min, max == null ? Math.max(1, min) : max);
  }

  private static Variant variant(
      dev.comptroller.api.v1alpha1.Variant variant, String field, Violations violations) {
    if (variant.engine() == EngineKind.VLLM) {
      readsAFolder(variant.model(), field + ".model", violations);
    }
    var model = variant.model();
    return new Variant(
        variant.name(),
        variant.pool(),
        variant.gpus(),
        BigDecimal.valueOf(variant.quality()),
        model.parameters() == null ? 0 : count(model.parameters()),
        model.quantization() == null ? "(not declared)" : model.quantization().name(),
        variant.batching().maxSequences(),
        variant.throughput() == null
            ? null
            : TokensPerSecond.of(variant.throughput().tokensPerSecond()),
        price(variant.postedPrice()),
        variant.targetUtilization());
  }

  /// What is wrong with a model that vLLM is to read. The rules of the CRD say it at once; this is
  /// for what was stored before they did.
  private static void readsAFolder(Model model, String field, Violations violations) {
    if (model.digest() != null) {
      violations.add(
          field + ".digest",
          "is the digest of one file, and engine Vllm reads a folder; leave it out");
    }
    if (ONE_FILE.matcher(model.uri()).matches()) {
      violations.add(
          field + ".uri",
          "\"%s\" is one file, and engine Vllm reads a folder in Hugging Face's format; name that"
              .formatted(model.uri()));
    }
    if (model.quantization() != null && !HUGGING_FACE.contains(model.quantization())) {
      violations.add(
          field + ".quantization",
          "%s is llama.cpp's; with engine Vllm declare one of %s, or leave it out"
              .formatted(model.quantization(), HUGGING_FACE));
    }
  }

  private static Engine engine(EngineKind kind) {
    return switch (kind) {
      case BUNDLED -> Engine.Bundled;
      case VLLM -> Engine.Vllm;
    };
  }

  private static Variant.@Nullable DeclaredPrice price(@Nullable PostedPrice price) {
    if (price == null) {
      return null;
    }
    Cpm input = Cpm.parse(price.input());
    Cpm cached = price.cachedInput() == null ? input : Cpm.parse(price.cachedInput());
    return new Variant.DeclaredPrice(input, cached, Cpm.parse(price.output()));
  }

  private static Optional<Rung> rung(
      dev.comptroller.api.v1alpha1.Variant variant, String field, Violations violations) {
    Matcher uri = PVC.matcher(variant.model().uri());
    if (!uri.matches() || uri.group(2).contains("..")) {
      violations.add(
          field + ".model.uri", "\"%s\" is not pvc://CLAIM/PATH".formatted(variant.model().uri()));
      return Optional.empty();
    }
    return Optional.of(
        new Rung(
            variant.name(),
            engine(variant.engine()),
            variant.pool(),
            variant.gpus(),
            uri.group(1),
            uri.group(2),
            variant.model().digest(),
            variant.model().contextLength(),
            variant.batching().maxSequences(),
            variant.batching().maxBatchedTokens(),
            variant.batching().maxQueued(),
            queueTime(variant.batching().maxQueueTime(), field, violations)));
  }

  private static @Nullable Duration queueTime(
      @Nullable String span, String field, Violations violations) {
    if (span == null) {
      return null;
    }
    String name = field + ".batching.maxQueueTime";
    Optional<Duration> time = violations.parse(name, () -> duration(span));
    if (time.filter(t -> t.compareTo(LONGEST_QUEUE) > 0).isPresent()) {
      violations.add(name, "%s is longer than 24h; leave it out".formatted(span));
    }
    return time.orElse(null);
  }

  /// A count such as `135M` or `1.5B`.
  static long count(String text) {
    Matcher matcher = COUNT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "model.parameters \"%s\" is no count like \"135M\" or \"1.5B\"".formatted(text));
    }
    int zeros =
        switch (matcher.group(2)) {
          case "K" -> 3;
          case "M" -> 6;
          case "B" -> 9;
          default -> 12;
        };
    return new BigDecimal(matcher.group(1)).movePointRight(zeros).longValueExact();
  }

  /// A span such as `1h30m` or `500ms`.
  public static Duration duration(String text) {
    Matcher matcher = SPAN.matcher(text.toLowerCase(Locale.ROOT));
    Duration total = Duration.ZERO;
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      end = matcher.end();
      BigDecimal millis =
          new BigDecimal(matcher.group(1))
              .multiply(
                  BigDecimal.valueOf(
                      switch (matcher.group(2)) {
                        case "ms" -> 1L;
                        case "s" -> 1_000L;
                        case "m" -> 60_000L;
                        default -> 3_600_000L;
                      }));
      total = total.plusMillis(millis.longValue());
    }
    if (end != text.length() || total.isZero()) {
      throw new IllegalArgumentException(
          "\"%s\" is no duration like \"1h\" or \"90s\"".formatted(text));
    }
    return total;
  }
}
