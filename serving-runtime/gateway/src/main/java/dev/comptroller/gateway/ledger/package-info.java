/// Durable usage lines: append-only, one writer, group commit.
@NullMarked
package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.NullMarked;
