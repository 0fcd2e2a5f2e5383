/// Who calls: API keys, service-account tokens, and what each may ask for.
@NullMarked
package dev.comptroller.gateway.identity;

import org.jspecify.annotations.NullMarked;
