/// Tests of the vocabulary of conditions.
@NullMarked
package dev.comptroller.api.conditions;

import org.jspecify.annotations.NullMarked;
