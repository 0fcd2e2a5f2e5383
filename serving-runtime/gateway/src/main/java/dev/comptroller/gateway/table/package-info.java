/// Where the routing table comes from and how the last good one survives.
@NullMarked
package dev.comptroller.gateway.table;

import org.jspecify.annotations.NullMarked;
