export const OWNER = 'moviestudio';
export const MIB = 1024 * 1024;

/** Long enough for changes in the middle of a crowd, short enough for two cores. */
export const FILM_BYTES = 64 * MIB;
/** For pairs that shall meet. */
export const CLIP_BYTES = 4 * MIB;

/**
 * What the operator pays for, payload counted: little beside all uplinks, so that peers have to carry the crowd. Its line has
 * ten times as much.
 */
export const EDGE_BITS_PER_SECOND = 10_000_000;
/**
 * What a subscriber gives of an uplink of 6 Mbit/s, payload counted: with headers, and acknowledgements of what comes in, the
 * line stays just below full, so that nothing is dropped for it.
 */
export const UPLOAD_BITS_PER_SECOND = 5_000_000;

/** Short, so that the bytes of a row that a change of routes cuts are told well by its time alone. */
export const PART_MS = 5_000;

/** Shares of the crowd's bytes after which routes change and a link fails. */
export const ROUTE_CHANGE_AT = 0.3;
export const LINK_FAILURE_AT = 0.6;

export const ROUTE_CHANGE = 'sp3-leaves-exchange';
export const LINK_FAILURE = 'sanjose-cut';
