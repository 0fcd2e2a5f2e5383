package dev.comptroller.e2e.nodeagent;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Puts a pod's address in place of `127.0.0.1`, where the pod's spec says it.
///
/// In a cluster every pod has a loopback interface of its own: its containers meet at 127.0.0.1,
/// and nobody else does. Here all pods share this machine's, so two pods whose containers meet at
/// 127.0.0.1:8001 would take each other's port or, worse, one would talk to the other's. A pod's
/// address is itself a loopback address, which no other pod has.
///
/// What the spec does not say stays as it is: values from the downward API, where 127.0.0.1 is the
/// node, and what an image brings along.
///
/// @param address the pod's address
record Loopback(String address) {
  private static final Pattern ALONE =
      Pattern.compile("(?<![0-9.])127\\.0\\.0\\.1(?![0-9]|\\.[0-9])");

  List<String> rewrite(List<String> words) {
    return words.stream().map(this::rewrite).toList();
  }

  String rewrite(String word) {
    return ALONE.matcher(word).replaceAll(Matcher.quoteReplacement(address));
  }
}
