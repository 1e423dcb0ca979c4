// The agents' threads have no network: who wants a page asks the one worker that has.
import { defineTool } from "heddle/actor";
import { z } from "zod";

export const tools = [
  defineTool({
    name: "read_page",
    description: "Reads a page of the site by its URL.",
    parameters: z.object({ url: z.url() }),
    execute: async ({ url }, ctx) => {
      const page = await ctx.ask<{ status: number; text: string }>("crawler", "fetch", { url });
      return page.status === 200 ? page.text : `The server has answered ${page.status}.`;
    },
  }),
];
