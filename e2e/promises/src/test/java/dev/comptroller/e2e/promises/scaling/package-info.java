/// Promise: replicas follow what a deployment is asked for, from zero and back to zero.
@NullMarked
package dev.comptroller.e2e.promises.scaling;

import org.jspecify.annotations.NullMarked;
