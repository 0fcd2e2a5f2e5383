/// A kubelet-like program: it registers nodes with a real API server and runs the pods bound to
/// them as local processes, each pod on a loopback address of its own.
@NullMarked
package dev.comptroller.e2e.nodeagent;

import org.jspecify.annotations.NullMarked;
