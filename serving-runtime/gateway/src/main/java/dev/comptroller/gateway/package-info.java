/// One stable OpenAI address per installation: wiring and the command line.
@NullMarked
package dev.comptroller.gateway;

import org.jspecify.annotations.NullMarked;
