package dev.comptroller.reconcile.signals;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The store of an informer that keeps only the part of an object that is ever read, and nothing
/// of objects that never matter.
final class TrimmedStore<T extends HasMetadata> extends BasicItemStore<T> {
  private final Function<T, Optional<T>> trim;

  TrimmedStore(Function<T, Optional<T>> trim) {
    super(Cache::metaNamespaceKeyFunc);
    this.trim = trim;
  }

  @Override
  @SuppressWarnings("NullAway") // the informer's contract: null where nothing was held
  public @Nullable T put(String key, T item) {
    Optional<T> kept = trim.apply(item);
    return kept.isPresent() ? super.put(key, kept.get()) : super.remove(key);
  }
}
