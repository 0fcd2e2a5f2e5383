/// The borders between the parts, as tests.
@NullMarked
package dev.comptroller.e2e.promises.architecture;

import org.jspecify.annotations.NullMarked;
