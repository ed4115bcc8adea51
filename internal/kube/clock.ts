/** Time as this folder has it; a test has its own. */
export interface Clock {
  /** ms that only go forward, whatever is done to the time of day. */
  now(): number;
  /** Calls `fire` once after `ms`; answers what takes that back. */
  after(ms: number, fire: () => void): () => void;
}

/** What a timer of Node takes at most, in ms: 24 days. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, longestMs));
    return () => clearTimeout(timer);
  },
};
