/// How many nodes a pool is to have: whole replicas packed on whole nodes, under a ceiling in
/// dollars per hour.
@NullMarked
package dev.comptroller.decide.pool;

import org.jspecify.annotations.NullMarked;
