/// How the wire types become CRD YAML and the reference pages.
@NullMarked
package dev.comptroller.api.schema;

import org.jspecify.annotations.NullMarked;
