/// The gateway's own holds and ledger in virtual time: what they strand, and that nothing is ever
/// overspent.
@NullMarked
package dev.comptroller.e2e.simulator.holds;

import org.jspecify.annotations.NullMarked;
