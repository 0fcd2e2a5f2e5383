/// What is durable on this machine: SQLite files, and commits that many callers share.
@NullMarked
package dev.comptroller.gateway.disk;

import org.jspecify.annotations.NullMarked;
