@NullMarked
package dev.comptroller.e2e.nodeagent;

import org.jspecify.annotations.NullMarked;
