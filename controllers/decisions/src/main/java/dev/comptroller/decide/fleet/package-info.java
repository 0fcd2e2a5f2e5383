/// The parsed domain: what the owner asked for and what the cluster shows.
@NullMarked
package dev.comptroller.decide.fleet;

import org.jspecify.annotations.NullMarked;
