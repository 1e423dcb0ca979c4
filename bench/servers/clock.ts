/** Milliseconds by the machine's own clock: the same in every process and thread, and never set back. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
