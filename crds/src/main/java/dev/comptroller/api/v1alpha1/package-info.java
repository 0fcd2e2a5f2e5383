/// The wire types of the API: what users write into custom resources and read from their status.
@NullMarked
package dev.comptroller.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
