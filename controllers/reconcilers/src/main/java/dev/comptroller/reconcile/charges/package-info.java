/// Charges of requests as gateways count them: who spends most, and what is owed to others.
@NullMarked
package dev.comptroller.reconcile.charges;

import org.jspecify.annotations.NullMarked;
