/// The discounted queue: files, batches and deferred requests, earliest deadline first.
@NullMarked
package dev.comptroller.gateway.queue;

import org.jspecify.annotations.NullMarked;
