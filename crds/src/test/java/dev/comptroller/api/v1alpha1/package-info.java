/// Tests of the API against its schema, its samples and a real API server.
@NullMarked
package dev.comptroller.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
