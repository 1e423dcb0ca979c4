import type { BehaviorOptions } from "../behaviors/behavior-settings.ts";
import type { DeathWatch } from "./death-watch.ts";
import type { Addressee } from "./letter.ts";
import type { PostOffice } from "./post-office.ts";

/** A worker of the session, dead ones that are still listed included. */
export type Member = Addressee & {
  /** Why it will handle no message any more; undefined while it will. */
  readonly endReason: string | undefined;
  end(reason: string): Promise<void>;
};

/** What a behaviour's worker shares with the others of its session. */
export type Society = {
  readonly post: PostOffice;
  readonly deathWatch: DeathWatch;
  /** By id or by name. */
  find(target: string): Member | undefined;
  isTaken(name: string): boolean;
  spawn(options: BehaviorOptions): Member;
};
