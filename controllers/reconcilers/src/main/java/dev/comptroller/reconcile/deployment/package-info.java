/// ModelDeployment: Deployment, Service and status of its serving variant.
@NullMarked
package dev.comptroller.reconcile.deployment;

import org.jspecify.annotations.NullMarked;
