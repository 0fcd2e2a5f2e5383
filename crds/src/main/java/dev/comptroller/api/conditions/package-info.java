/// The vocabulary of conditions: types and reasons, each with the sentence that documents it.
@NullMarked
package dev.comptroller.api.conditions;

import org.jspecify.annotations.NullMarked;
