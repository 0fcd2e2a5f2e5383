package dev.comptroller.gateway.relay;

import java.util.Map;

/// The client's side of an exchange.
///
/// Writes block until the socket has taken the bytes: a slow reader slows the replica down, and
/// never makes the gateway hold more than one piece of an answer.
public interface Downstream {
  /// Sends a whole answer.
  void respond(int status, Map<String, String> headers, byte[] body) throws ClientGone;

  /// Begins a stream. Nothing leaves before the first piece.
  void begin(int status, Map<String, String> headers) throws ClientGone;

  /// Sends a piece of a stream, at once.
  void write(byte[] piece) throws ClientGone;

  /// Ends a stream.
  ///
  /// @param trailers sent after the body if the client asked for trailers
  void end(Map<String, String> trailers) throws ClientGone;

  /// Whether any part of the answer has been sent.
  boolean begun();
}
