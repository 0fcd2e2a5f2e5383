@NullMarked
package dev.comptroller.gateway.table;

import org.jspecify.annotations.NullMarked;
