/// Who a client is, by a real API server.
@NullMarked
package dev.comptroller.e2e.promises.identifies;

import org.jspecify.annotations.NullMarked;
