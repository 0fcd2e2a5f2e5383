/// What replicas cost: prices in force, intervals of replicas, and the record of spend.
@NullMarked
package dev.comptroller.decide.cost;

import org.jspecify.annotations.NullMarked;
