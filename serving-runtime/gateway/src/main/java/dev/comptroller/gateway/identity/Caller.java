package dev.comptroller.gateway.identity;

/// Who calls: on whom and on what a request is booked.
///
/// @param namespace that pays
/// @param feature of that namespace; `default` where the credential names none
/// @param credential that proves it
public record Caller(String namespace, String feature, Credential credential) {}
