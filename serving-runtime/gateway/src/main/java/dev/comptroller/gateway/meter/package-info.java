/// How many tokens an answer used and what they are charged at. Pure.
@NullMarked
package dev.comptroller.gateway.meter;

import org.jspecify.annotations.NullMarked;
