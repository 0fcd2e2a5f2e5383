/// The official OpenAI clients work as they are.
@NullMarked
package dev.comptroller.e2e.promises.clients;

import org.jspecify.annotations.NullMarked;
