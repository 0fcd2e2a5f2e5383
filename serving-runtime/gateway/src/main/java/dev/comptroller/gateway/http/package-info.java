/// The HTTP surface: routes, request fields, OpenAI's error shape.
@NullMarked
package dev.comptroller.gateway.http;

import org.jspecify.annotations.NullMarked;
