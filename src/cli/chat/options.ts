import type { OptionSpec } from "../option-spec.ts";

export const CHAT_OPTIONS: readonly OptionSpec[] = [
  {
    name: "agents",
    value: "MODULE",
    group: "Chat",
    help: [
      "A module that exports `agents`: worker options, by name. What the",
      "command line says goes before them; tools and grants are added.",
    ],
  },
  {
    name: "agent",
    value: "NAME",
    group: "Chat",
    help: ["Which of them. Default: the only one."],
  },
  {
    name: "resume",
    value: "FILE",
    group: "Chat",
    help: [
      "Go on with the conversation in FILE, and keep it after each turn.",
      "A FILE that is not there is made.",
    ],
  },
];
