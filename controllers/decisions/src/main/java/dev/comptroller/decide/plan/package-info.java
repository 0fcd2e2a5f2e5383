/// Which variants, pools, capacity types and replicas serve a fleet's demand for the least money.
@NullMarked
package dev.comptroller.decide.plan;

import org.jspecify.annotations.NullMarked;
