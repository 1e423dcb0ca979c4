// A behaviour: it has a thread and a state of its own, and handles one message at a time. So the pause holds for all who ask.
import { setTimeout as pause } from "node:timers/promises";
import { become, defineBehavior } from "heddle/actor";

const PAUSE_MS = 50;

export const behavior = defineBehavior({
  start: () => ({ nextMs: 0, pages: 0 }),
  receive: {
    fetch: async ({ nextMs, pages }, { url }: { url: string }, { signal }) => {
      await pause(Math.max(0, nextMs - Date.now()), undefined, { signal });
      const response = await fetch(url, { signal });
      const page = { status: response.status, text: await response.text() };
      return become({ nextMs: Date.now() + PAUSE_MS, pages: pages + 1 }, { reply: page });
    },
    count: (state) => become(state, { reply: state.pages }),
  },
});
