package dev.comptroller.gateway.ledger;

/// The end of the chain.
///
/// @param seq number of the last entry; 0 if there is none
/// @param hash of it
/// @param openFrom no hold that is open was reserved before this entry
/// @param oldLines usage lines from before there were entries
record Head(long seq, Digest hash, long openFrom, long oldLines) {}
