package dev.comptroller.e2e.controlplane;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A certificate authority in memory that signs server and client certificates.
///
/// Keys of servers and components are elliptic (P-256), which is quick; keys of users are RSA,
/// because more client libraries read those from a kubeconfig.
final class CertificateAuthority {
  private static final String COMMON_NAME = "2.5.4.3";
  private static final String ORGANIZATION = "2.5.4.10";
  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final Duration VALIDITY = Duration.ofDays(365);

  private final SecureRandom random = new SecureRandom();
  private final Instant now;
  private final byte[] issuer;
  private final Identity self;

  CertificateAuthority(String name, Instant now) {
    this.now = now;
    this.issuer = name(name, List.of());
    KeyPair pair = newEllipticKey();
    List<byte[]> extensions =
        List.of(
            extension("2.5.29.19", true, Der.sequence(Der.bool(true))),
            // keyCertSign, cRLSign and digitalSignature
            extension("2.5.29.15", true, Der.bits(1, new byte[] {(byte) 0x86})));
    this.self =
        new Identity(
            sign(issuer, pair.getPublic(), extensions, pair.getPrivate()), pair.getPrivate());
  }

  /// The authority's own certificate and key.
  Identity self() {
    return self;
  }

  /// A server's certificate for names and addresses.
  Identity server(String commonName, List<String> dnsNames, List<String> addresses) {
    List<byte[]> names = new ArrayList<>();
    for (String dnsName : dnsNames) {
      names.add(Der.tagged(0x82, dnsName.getBytes(StandardCharsets.US_ASCII)));
    }
    for (String address : addresses) {
      names.add(Der.tagged(0x87, addressOf(address)));
    }
    byte[] alternatives = extension("2.5.29.17", false, Der.sequence(names.toArray(byte[][]::new)));
    KeyPair pair = newEllipticKey();
    return leaf(name(commonName, List.of()), pair, SERVER_AUTH, List.of(alternatives));
  }

  /// A component's client certificate.
  Identity component(String user, List<String> groups) {
    return leaf(name(user, groups), newEllipticKey(), CLIENT_AUTH, List.of());
  }

  /// A user's client certificate: the common name is the user, the organizations are the groups.
  Identity user(String user, List<String> groups) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048, random);
      return leaf(name(user, groups), generator.generateKeyPair(), CLIENT_AUTH, List.of());
    } catch (GeneralSecurityException e) {
      throw new ControlPlaneException("this JDK makes no RSA keys", e);
    }
  }

  KeyPair newEllipticKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new ControlPlaneException("this JDK makes no P-256 keys", e);
    }
  }

  private Identity leaf(byte[] subject, KeyPair pair, String usage, List<byte[]> more) {
    List<byte[]> extensions = new ArrayList<>();
    extensions.add(extension("2.5.29.19", true, Der.sequence()));
    // digitalSignature and keyEncipherment
    extensions.add(extension("2.5.29.15", true, Der.bits(5, new byte[] {(byte) 0xa0})));
    extensions.add(extension("2.5.29.37", false, Der.sequence(Der.oid(usage))));
    extensions.addAll(more);
    return new Identity(sign(subject, pair.getPublic(), extensions, self.key()), pair.getPrivate());
  }

  private X509Certificate sign(
      byte[] subject, PublicKey key, List<byte[]> extensions, PrivateKey signer) {
    byte[] algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
    byte[] body =
        Der.sequence(
            Der.tagged(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(new BigInteger(127, random).setBit(126)),
            algorithm,
            issuer,
            Der.sequence(Der.time(now.minus(Duration.ofHours(1))), Der.time(now.plus(VALIDITY))),
            subject,
            key.getEncoded(),
            Der.tagged(0xa3, Der.sequence(extensions.toArray(byte[][]::new))));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(signer, random);
      signature.update(body);
      byte[] encoded = Der.sequence(body, algorithm, Der.bits(0, signature.sign()));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(encoded));
    } catch (GeneralSecurityException e) {
      throw new ControlPlaneException("cannot sign a certificate", e);
    }
  }

  private static byte[] name(String commonName, List<String> organizations) {
    List<byte[]> parts = new ArrayList<>();
    for (String organization : organizations) {
      parts.add(attribute(ORGANIZATION, organization));
    }
    parts.add(attribute(COMMON_NAME, commonName));
    return Der.sequence(parts.toArray(byte[][]::new));
  }

  private static byte[] attribute(String type, String value) {
    return Der.set(Der.sequence(Der.oid(type), Der.utf8(value)));
  }

  private static byte[] extension(String type, boolean critical, byte[] value) {
    return critical
        ? Der.sequence(Der.oid(type), Der.bool(true), Der.octets(value))
        : Der.sequence(Der.oid(type), Der.octets(value));
  }

  private static byte[] addressOf(String literal) {
    try {
      return InetAddress.ofLiteral(literal).getAddress();
    } catch (IllegalArgumentException e) {
      throw new ControlPlaneException("not an IP address: " + literal, e);
    }
  }
}
