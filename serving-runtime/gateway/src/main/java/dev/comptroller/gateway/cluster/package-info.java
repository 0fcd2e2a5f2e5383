/// What the gateway asks of a Kubernetes API server beside the routing table: credentials.
@NullMarked
package dev.comptroller.gateway.cluster;

import org.jspecify.annotations.NullMarked;
