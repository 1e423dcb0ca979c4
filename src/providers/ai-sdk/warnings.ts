import type { SharedV4Warning } from "@ai-sdk/provider";

/** Of a response that stops in the middle of its server's own work. */
export const PAUSED =
  "the model's server paused while it carried out its own tools (pause_turn): the answer may be unfinished";

/** What a package says of a setting that it does not send as it is, in words. */
export function warningText(warning: SharedV4Warning): string {
  switch (warning.type) {
    case "unsupported":
      return `${warning.feature} is not supported${because(warning.details)}`;
    case "compatibility":
      return `${warning.feature} is used in a compatible way${because(warning.details)}`;
    case "deprecated":
      return `${warning.setting} is deprecated${because(warning.message)}`;
    case "other":
      return warning.message;
    default:
      return warning satisfies never;
  }
}

function because(details: string | undefined): string {
  return details === undefined || details === "" ? "" : `: ${details}`;
}
