/// Tests of what the gateway asks of a cluster.
@NullMarked
package dev.comptroller.gateway.cluster;

import org.jspecify.annotations.NullMarked;
