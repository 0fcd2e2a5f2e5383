/// The decision of a namespace: its dollars, turned into what serves and what is admitted.
@NullMarked
package dev.comptroller.decide.loop;

import org.jspecify.annotations.NullMarked;
