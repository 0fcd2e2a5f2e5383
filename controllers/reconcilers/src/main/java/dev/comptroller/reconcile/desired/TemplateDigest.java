package dev.comptroller.reconcile.desired;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// A short digest of what pods are made of: the same for the same template in every operator.
final class TemplateDigest {
  private static final int BYTES = 8;
  private static final ObjectWriter WRITER =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build()
          .writerFor(PodTemplateSpec.class);

  private TemplateDigest() {}

  static String of(PodTemplateSpec template) {
    try {
      byte[] all = MessageDigest.getInstance("SHA-256").digest(WRITER.writeValueAsBytes(template));
      return HexFormat.of().formatHex(Arrays.copyOf(all, BYTES));
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a pod template cannot be digested", e);
    }
  }
}
