@NullMarked
package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.NullMarked;
