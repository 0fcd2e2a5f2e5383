/// OpenAI-compatible HTTP server over one engine loop.
@NullMarked
package dev.comptroller.server;

import org.jspecify.annotations.NullMarked;
