@NullMarked
package dev.comptroller.gateway.http;

import org.jspecify.annotations.NullMarked;
