package dev.comptroller.protocol;

/// Labels, annotations, finalizers, ports and object names that more than one part relies on.
public final class Names {
  /// API group of the custom resources and prefix of every label and annotation of ours.
  public static final String GROUP = "comptroller.dev";

  /// Pod label: name of the ModelDeployment that a replica belongs to.
  public static final String DEPLOYMENT_LABEL = "comptroller.dev/deployment";

  /// Pod label: name of the variant that a replica serves.
  public static final String VARIANT_LABEL = "comptroller.dev/variant";

  /// Node and pod label: name of the GpuNodePool.
  public static final String POOL_LABEL = "comptroller.dev/pool";

  /// Node label: `reserved`, `on-demand` or `spot`; Karpenter's label is read too.
  public static final String CAPACITY_TYPE_LABEL = "comptroller.dev/capacity-type";

  /// Karpenter's node label for the capacity type, read when ours is absent.
  public static final String KARPENTER_CAPACITY_TYPE_LABEL = "karpenter.sh/capacity-type";

  /// Node label, value `true`: the node was told to leave, because nothing needs it or because its
  /// pool costs too much. It takes no new pods, and loses those that it has.
  public static final String RELEASED_LABEL = "comptroller.dev/released";

  /// Pod finalizer: held until the replica's interval is in the spend record.
  public static final String METERING_FINALIZER = "comptroller.dev/metering";

  /// Label of the pod that reads a variant's weights before its replicas start: name of the
  /// ModelDeployment. It uses no GPUs and is no replica.
  public static final String PRESTAGE_LABEL = "comptroller.dev/prestage";

  /// Annotation of a variant's Deployment: number of the request for replicas that it carries out.
  public static final String REVISION_ANNOTATION = "comptroller.dev/revision";

  /// Annotation of a variant's Deployment: digest of what its replicas are made of.
  public static final String TEMPLATE_ANNOTATION = "comptroller.dev/template";

  /// Extended resource that counts GPUs on nodes and in pods.
  public static final String GPU_RESOURCE = "nvidia.com/gpu";

  /// `app.kubernetes.io/managed-by` of everything the operator creates, and its field manager.
  public static final String MANAGER = "comptroller";

  /// `app.kubernetes.io/name` of serving pods.
  public static final String RUNTIME_NAME = "comptroller-runtime";

  /// Name of the container that serves in a replica.
  public static final String RUNTIME_CONTAINER = "runtime";

  /// Port on which a replica serves the OpenAI API, `/health/*` and `/metrics`.
  public static final int RUNTIME_PORT = 8000;

  /// ConfigMap, in the installation's namespace, that carries the routing table.
  public static final String ROUTING_CONFIG_MAP = "comptroller-routing";

  /// Key of the routing table in its ConfigMap.
  public static final String ROUTING_KEY = "table.json";

  /// Prefix of the ConfigMaps, in the installation's namespace, that record a namespace's spend.
  public static final String SPEND_CONFIG_MAP_PREFIX = "comptroller-spend-";

  /// Secret label: marks a Secret of the installation's namespace as a credential of the gateway.
  public static final String CREDENTIAL_LABEL = "comptroller.dev/credential";

  /// Value of [#CREDENTIAL_LABEL] for API keys.
  public static final String API_KEY_CREDENTIAL = "api-key";

  /// Request header by which the gateway asks a replica to count tokens in its streams; value `1`.
  public static final String METER_HEADER = "x-comptroller-meter";

  /// Start of the comment line in a stream of events that tells the tokens so far, as a JSON object
  /// of `prompt_tokens`, `cached_tokens`, `completion_tokens` and `gpu_ns`. Sent only when asked
  /// for.
  public static final String USAGE_COMMENT = ": comptroller-usage ";

  /// Header of an answer that is no stream: GPU-nanoseconds that it used. Sent only when asked for
  /// by [#METER_HEADER].
  public static final String GPU_NANOS_HEADER = "x-comptroller-gpu-ns";

  /// Request header by which the gateway tells a replica the class of a request; absent for
  /// [#CLASS_INTERACTIVE].
  public static final String CLASS_HEADER = "x-comptroller-class";

  /// Value of [#CLASS_HEADER]: somebody waits for the answer.
  public static final String CLASS_INTERACTIVE = "interactive";

  /// Value of [#CLASS_HEADER]: the request gets what interactive ones leave.
  public static final String CLASS_BATCH = "batch";

  /// Label of the gateway's token counters that says of which of these two classes they are.
  public static final String TRAFFIC_LABEL = "traffic";

  /// Label of the gateway's counters of arrivals: the quarter of the minute, 0 to 3.
  public static final String QUARTER_LABEL = "quarter";

  private Names() {}
}
