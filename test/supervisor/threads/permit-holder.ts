import type { PermitHolder } from "../../../src/supervisor/threads/thread-permits.ts";
import { ThreadPermits } from "../../../src/supervisor/threads/thread-permits.ts";

/** A worker as the permits see it: it notes what happens to it. */
export class Holder implements PermitHolder {
  readonly name: string;
  readonly log: string[];
  readonly permits: ThreadPermits;

  constructor(name: string, permits: ThreadPermits, log: string[]) {
    this.name = name;
    this.permits = permits;
    this.log = log;
  }

  acquire(): () => void {
    return this.permits.acquire(() => this.log.push(`${this.name} granted`));
  }

  claim(): () => void {
    return this.permits.claim({
      granted: () => this.log.push(`${this.name} granted`),
      refused: () => this.log.push(`${this.name} refused`),
    });
  }

  surrender(): void {
    this.log.push(`${this.name} asked`);
  }

  release(): void {
    this.permits.release(this);
  }
}

export function setUp(max: number): {
  permits: ThreadPermits;
  log: string[];
  holder(name: string): Holder;
} {
  const permits = new ThreadPermits(max);
  const log: string[] = [];
  return { permits, log, holder: (name) => new Holder(name, permits, log) };
}
