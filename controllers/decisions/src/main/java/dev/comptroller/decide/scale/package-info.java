/// How many replicas of which rung a deployment runs to serve what it is asked for.
@NullMarked
package dev.comptroller.decide.scale;

import org.jspecify.annotations.NullMarked;
