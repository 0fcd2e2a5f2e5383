/// Tests of who calls.
@NullMarked
package dev.comptroller.gateway.identity;

import org.jspecify.annotations.NullMarked;
