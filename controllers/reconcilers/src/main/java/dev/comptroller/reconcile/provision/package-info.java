/// What makes and removes the nodes of pools: objects with a scale subresource, MachineDeployments
/// of Cluster API, NodePools of Karpenter.
@NullMarked
package dev.comptroller.reconcile.provision;

import org.jspecify.annotations.NullMarked;
