package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/// A set of identical GPU nodes with prices for each capacity type. Cluster-scoped.
@JsonClassDescription("A set of identical GPU nodes with prices for each capacity type.")
@Group("comptroller.dev")
@Version("v1alpha1")
@Singular("gpunodepool")
@Plural("gpunodepools")
@ShortNames("gnp")
@Categories("comptroller")
@ValidationRule(
    value = "size(self.metadata.name) <= 63 && !self.metadata.name.contains('.')",
    message =
        "metadata.name must be at most 63 characters without '.': nodes carry it as a label value")
@AdditionalPrinterColumn(
    name = "GPU",
    jsonPath = ".spec.gpu.product",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Nodes",
    jsonPath = ".status.nodes",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "GPUs",
    jsonPath = ".status.gpus",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Used",
    jsonPath = ".status.gpusUsed",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "$/Hour",
    jsonPath = ".status.hourlyCost",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Unallocated",
    jsonPath = ".status.unallocatedHourlyCost",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Ceiling",
    jsonPath = ".spec.maxHourlySpend",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public final class GpuNodePool extends CustomResource<GpuNodePoolSpec, GpuNodePoolStatus> {
  private static final long serialVersionUID = 1L;
}
