import { HeddleError } from "../../errors.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";

/** What was handed in as an object, before it is checked. */
export type Fields = { readonly [name: string]: unknown };

/** NUL ends a string for the system: what is behind it would be dropped. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

/** Never shows a value: it may be a key. */
export class FieldCheck {
  readonly #label: string;

  constructor(label: string) {
    this.#label = label;
  }

  refuse(field: string, expected: string): never {
    const message = `${this.#label}: ${field} must be ${expected}`;
    throw new HeddleError("INVALID_OPTION", message, { details: { field } });
  }

  object(field: string, value: unknown): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Fields;
    }
    this.refuse(field, "an object");
  }

  /** @param within what the message puts before each name. */
  known(fields: Fields, known: readonly string[], within = ""): void {
    const unknown = Object.keys(fields).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const field = within + unknown;
    const message = `${this.#label}: ${field} is unknown; known are ${known.join(", ")}`;
    throw new HeddleError("INVALID_OPTION", message, { details: { field } });
  }

  texts(field: string, value: unknown): { readonly [name: string]: string } | undefined {
    if (value === undefined) return undefined;
    const entries = Object.entries(this.object(field, value));
    if (entries.every(([name, text]) => isText(name) && isText(text))) {
      return Object.fromEntries(entries) as { readonly [name: string]: string };
    }
    this.refuse(field, "an object of strings");
  }

  names(field: string, value: unknown): readonly string[] | undefined {
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((name) => isText(name) && name !== "")) {
      return [...value];
    }
    this.refuse(field, "an array of names of tools");
  }

  flags(field: string, value: unknown): { readonly [name: string]: boolean } | undefined {
    if (value === undefined) return undefined;
    const entries = Object.entries(this.object(field, value));
    if (entries.every(([, flag]) => typeof flag === "boolean")) {
      return Object.fromEntries(entries) as { readonly [name: string]: boolean };
    }
    this.refuse(field, "an object of true and false");
  }

  path(field: string, value: unknown): string | undefined {
    if (value === undefined || (isText(value) && value !== "")) return value;
    this.refuse(field, "a path");
  }

  deadline(field: string, value: unknown): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= 1 && value <= MAX_TIMER_MS) return value;
    this.refuse(field, `a number from 1 to ${MAX_TIMER_MS}`);
  }

  flag(field: string, value: unknown): boolean | undefined {
    if (value === undefined || typeof value === "boolean") return value;
    this.refuse(field, "true or false");
  }
}
