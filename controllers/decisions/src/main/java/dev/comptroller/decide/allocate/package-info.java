/// How a namespace's allowance is divided over its deployments.
@NullMarked
package dev.comptroller.decide.allocate;

import org.jspecify.annotations.NullMarked;
