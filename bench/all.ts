/** What `npm run bench` runs, in the order in which the page shows it: the data plane first, then what stands around it. */
export const ALL: readonly string[] = [
  "stream",
  "http",
  "crowd",
  "slow-reader",
  "fan-out",
  "scale",
  "spawn",
  "call",
  "cancel",
  "host-delay",
  "idle",
  "metrics",
  "serve",
  "serve-requests",
  "parked",
];
