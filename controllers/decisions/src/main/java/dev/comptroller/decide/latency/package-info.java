/// How long requests waited for their tokens, and how many of them kept what is promised.
@NullMarked
package dev.comptroller.decide.latency;

import org.jspecify.annotations.NullMarked;
