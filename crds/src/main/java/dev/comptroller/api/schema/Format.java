package dev.comptroller.api.schema;

/// How strings of the API are written. Each format bounds the length, which keeps the cost of
/// validation rules low, and most carry a CEL rule with a message for people.
public enum Format {
  /// Dollars, more than nothing.
  DOLLARS(
      19,
      "self.matches('^(0|[1-9][0-9]{0,11})([.][0-9]{1,6})?$') && self.matches('[1-9]')",
      "must be US dollars above zero as a plain decimal such as \"120.00\" or \"0.25\":"
          + " at most 12 digits before and 6 after the point, no sign, no currency"),
  /// Dollars, nothing included.
  DOLLARS_OR_ZERO(
      19,
      "self.matches('^(0|[1-9][0-9]{0,11})([.][0-9]{1,6})?$')",
      "must be US dollars as a plain decimal such as \"120.00\" or \"0\":"
          + " at most 12 digits before and 6 after the point, no sign, no currency"),
  /// A span of time above zero.
  DURATION(
      16,
      "self.matches('^([0-9]{1,6}(ms|s|m|h))+$') && self.matches('[1-9]')",
      "must be a duration above zero such as \"500ms\", \"30s\", \"5m\", \"1h\" or \"1h30m\""),
  /// A time of day on a 24-hour clock.
  CLOCK(
      5,
      "self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",
      "must be a time of day from \"00:00\" to \"23:59\""),
  /// An IANA time zone. The API server cannot know which exist; the operator
  /// reports an unknown one.
  TIME_ZONE(
      64,
      "self.matches('^(UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){1,2})$')",
      "must be an IANA time zone such as \"UTC\" or \"Europe/Berlin\""),
  /// A name that becomes part of object names and label values.
  NAME(
      63,
      "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
      "must be a lower case name of letters, digits and '-' that starts and ends with a letter or"
          + " digit"),
  /// A name of a variant: short, because the names of its Deployment and pods contain it.
  VARIANT_NAME(
      20,
      "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
      "must be a lower case name of letters, digits and '-' that starts and ends with a letter or"
          + " digit"),
  /// A name of any Kubernetes object.
  OBJECT_NAME(
      253,
      "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
      "must be the name of a Kubernetes object: lower case letters, digits, '-' and '.'"),
  /// A feature that requests are booked on.
  FEATURE(
      63,
      "self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
      "must be a feature name of letters, digits, '-', '_' and '.' that starts and ends with a"
          + " letter or digit"),
  /// Where weights lie.
  MODEL_URI(
      512,
      "self.matches('^pvc://[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$')"
          + " && !self.matches('/[.][.]?(/|$)')",
      "must be \"pvc://CLAIM/PATH\", a path on a PersistentVolumeClaim of the same namespace,"
          + " without \".\" or \"..\" in the path; no other scheme is supported yet"),
  /// A SHA-256 digest.
  DIGEST(
      71,
      "self.matches('^sha256:[0-9a-f]{64}$')",
      "must be \"sha256:\" and 64 lower case hexadecimal digits"),
  /// The size of a model in parameters.
  PARAMETERS(
      12,
      "self.matches('^[1-9][0-9]{0,3}([.][0-9]{1,3})?[KMBT]$')",
      "must be a parameter count such as \"135M\", \"7B\" or \"1.5B\""),
  /// A size of memory.
  MEMORY(
      12,
      "self.matches('^[1-9][0-9]{0,6}(Mi|Gi|Ti)$')",
      "must be a memory size such as \"80Gi\" or \"141Gi\""),
  /// The product name of a GPU, as the device plugin labels nodes with it.
  GPU_PRODUCT(
      63,
      "self.matches('^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
      "must be a GPU product as nodes are labelled with it, such as \"NVIDIA-H100-80GB-HBM3\""),
  /// The group and version of an API.
  API_VERSION(
      253,
      "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?$')",
      "must be a group and version such as \"apps/v1\""),
  /// The group of an API.
  API_GROUP(
      253,
      "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
      "must be the group of an API such as \"karpenter.k8s.aws\""),
  /// The kind of an API.
  KIND(63, "self.matches('^[A-Z][A-Za-z0-9]*$')", "must be a kind in upper camel case"),
  /// An instant by RFC 3339, which the API server checks and compares by itself.
  INSTANT(64, "", ""),
  /// Text of ours in a status, bounded only.
  SHORT(256, "", ""),
  /// A sentence or two of ours in a status, bounded only.
  SENTENCE(1024, "", ""),
  /// A message for people, bounded only.
  MESSAGE(32_768, "", "");

  private final int maxLength;
  private final String rule;
  private final String message;

  Format(int maxLength, String rule, String message) {
    this.maxLength = maxLength;
    this.rule = rule;
    this.message = message;
  }

  /// Returns the largest number of characters.
  public int maxLength() {
    return maxLength;
  }

  /// Returns the CEL rule over `self`, or an empty string when only the length is bounded.
  public String rule() {
    return rule;
  }

  /// Returns what the API server says when the rule refuses a value.
  public String message() {
    return message;
  }
}
