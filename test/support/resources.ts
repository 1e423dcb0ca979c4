/** What keeps the process alive, by kinds: ports, sockets, threads. Timers are left out: the test runner has its own. */
export function resources(): readonly string[] {
  const timers = ["Timeout", "Immediate"];
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !timers.includes(kind))
    .sort();
}
