/// The demo.
@NullMarked
package dev.comptroller.e2e.promises.demo;

import org.jspecify.annotations.NullMarked;
