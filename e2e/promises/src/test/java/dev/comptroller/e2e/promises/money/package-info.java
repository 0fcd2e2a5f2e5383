/// A dollar budget moves capacity and traffic.
@NullMarked
package dev.comptroller.e2e.promises.money;

import org.jspecify.annotations.NullMarked;
