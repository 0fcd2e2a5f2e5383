package dev.comptroller.e2e.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CertificateAuthorityTest {
  private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
  private final CertificateAuthority authority = new CertificateAuthority("test", NOW);

  @Test
  void shouldPutUserAndGroupsIntoTheSubject() throws Exception {
    X509Certificate certificate = authority.user("alice", List.of("a", "b")).certificate();
    certificate.verify(authority.self().certificate().getPublicKey());
    assertThat(certificate.getSubjectX500Principal().getName()).contains("CN=alice", "O=a", "O=b");
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
  }

  @Test
  void shouldNameAddressesAndNamesOfAServer() throws Exception {
    X509Certificate certificate =
        authority.server("s", List.of("localhost"), List.of("127.0.0.1")).certificate();
    assertThat(certificate.getSubjectAlternativeNames())
        .extracting(it -> String.valueOf(it.get(1)))
        .containsExactly("localhost", "127.0.0.1");
  }

  @Test
  void shouldBeValidFromAnHourAgoForAYear() {
    X509Certificate certificate = authority.self().certificate();
    assertThat(certificate.getNotBefore().toInstant()).isEqualTo("2026-11-24T09:00:00Z");
    assertThat(certificate.getNotAfter().toInstant()).isEqualTo("2027-11-24T10:00:00Z");
    assertThat(certificate.getBasicConstraints()).isGreaterThanOrEqualTo(0);
  }

  @Test
  void shouldEncodeLongLengthsAndObjectIdentifiers() {
    assertThat(Der.octets(new byte[300])).startsWith(0x04, 0x82, 0x01, 0x2c).hasSize(304);
    assertThat(Der.octets(new byte[200])).startsWith(0x04, 0x81, 0xc8).hasSize(203);
    assertThat(Der.oid("1.2.840.10045.4.3.2"))
        .containsExactly(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2);
  }
}
