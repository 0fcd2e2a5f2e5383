package dev.comptroller.e2e.controlplane;

import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;

/// A certificate with its private key: who somebody is to the API server.
///
/// @param certificate the certificate
/// @param key its private key
public record Identity(X509Certificate certificate, PrivateKey key) {

  /// The certificate in PEM.
  public String certificatePem() {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new ControlPlaneException("cannot encode a certificate", e);
    }
  }

  /// The private key in PEM (PKCS 8).
  public String keyPem() {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  static String pem(String label, byte[] content) {
    byte[] newline = "\n".getBytes(StandardCharsets.US_ASCII);
    String text = Base64.getMimeEncoder(64, newline).encodeToString(content);
    return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
  }
}
