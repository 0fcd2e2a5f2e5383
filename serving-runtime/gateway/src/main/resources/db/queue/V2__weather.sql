-- How often replicas died lately: sums that fade, as they were at a moment. One row.
CREATE TABLE weather (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  deaths         REAL    NOT NULL CHECK (deaths >= 0),
  replica_millis REAL    NOT NULL CHECK (replica_millis >= 0),
  at_ms          INTEGER NOT NULL
) STRICT;
