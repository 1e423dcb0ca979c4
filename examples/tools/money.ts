// A module of tools: it is loaded into the agent's own thread, which has no keys, no files and no network.
import { defineTool } from "heddle/actor";
import { z } from "zod";

const PER_EURO = { EUR: 1, SEK: 11.2, JPY: 163 } as const;
const currency = z.enum(["EUR", "SEK", "JPY"]);

export const tools = [
  defineTool({
    name: "convert",
    description: "Converts an amount of money from one currency to another.",
    parameters: z.object({ amount: z.number().positive(), from: currency, to: currency }),
    execute: ({ amount, from, to }) => {
      const converted = (amount / PER_EURO[from]) * PER_EURO[to];
      return `${converted.toFixed(2)} ${to}`;
    },
  }),
];
