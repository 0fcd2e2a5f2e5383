package dev.comptroller.gateway.queue;

import dev.comptroller.protocol.routing.Route.PostedPrice;

/// The price of one variant at the time a batch was submitted.
///
/// @param model `namespace/deployment`
record Pin(String model, String variant, PostedPrice price) {}
