/// Tests of generation.
@NullMarked
package dev.comptroller.api.schema;

import org.jspecify.annotations.NullMarked;
