/// What the OpenAI-compatible endpoints answer, component for component in camel case of the wire's
/// snake case.
@NullMarked
package dev.comptroller.protocol.openai;

import org.jspecify.annotations.NullMarked;
