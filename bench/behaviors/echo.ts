import { become, defineBehavior } from "../../dist/actors/api.js";

/** Answers with what it was asked. */
export const behavior = defineBehavior({
  start: () => 0,
  receive: {
    echo: (asked: number, { value }: { value: number }) => become(asked + 1, { reply: value }),
  },
});
