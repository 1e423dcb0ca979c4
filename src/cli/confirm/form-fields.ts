import type { Elicitation } from "../../index.ts";

type Schema = { readonly [name: string]: unknown };
type Choice = { readonly value: unknown; readonly title: string };

/** One thing that is asked for. */
export type FormField = {
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly kind: "text" | "number" | "yes-no" | "one-of" | "some-of";
  /** Of `one-of` and `some-of`. */
  readonly choices: readonly Choice[];
  readonly isRequired: boolean;
  /** Undefined: it has none. */
  readonly preset: unknown;
};

/** What a line means as an answer to one field. */
export type FieldAnswer =
  | { readonly type: "value"; readonly value: unknown }
  /** The field is left out, or has its default. */
  | { readonly type: "nothing" }
  | { readonly type: "unclear"; readonly why: string };

/** The fields of a form, in the server's order. Pure. */
export function formFields({ schema }: Elicitation): readonly FormField[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(objectOf(schema["properties"])).map(([name, given]) => {
    const property = objectOf(given);
    const isSome = property["type"] === "array";
    const choices = choicesOf(isSome ? objectOf(property["items"]) : property);
    return {
      name,
      title: textOf(property["title"]) ?? name,
      description: textOf(property["description"]),
      kind: kindOf(property["type"], choices),
      choices,
      isRequired: required.includes(name),
      preset: property["default"],
    };
  });
}

/** Reads what a person has typed. An empty line is no answer. Pure. */
export function readField(field: FormField, line: string): FieldAnswer {
  const text = line.trim();
  if (text === "") {
    if (!field.isRequired || field.preset !== undefined) return { type: "nothing" };
    return { type: "unclear", why: `${field.title} is needed` };
  }
  switch (field.kind) {
    case "text":
      return { type: "value", value: text };
    case "number": {
      const value = Number(text);
      return Number.isFinite(value) ? { type: "value", value } : unclear("a number is asked for");
    }
    case "yes-no": {
      const value = YES_NO.get(text.toLowerCase());
      return value === undefined ? unclear("answer y or n") : { type: "value", value };
    }
    case "one-of": {
      const choice = chosen(field, text);
      return choice ? { type: "value", value: choice.value } : unclear(notAmong(field));
    }
    case "some-of":
      return readSome(field, text);
    default:
      return field.kind satisfies never;
  }
}

function readSome(field: FormField, text: string): FieldAnswer {
  const all = text.split(",").map((part) => chosen(field, part.trim()));
  const known = all.filter((choice) => choice !== undefined);
  if (known.length < all.length) return unclear(notAmong(field));
  return { type: "value", value: known.map(({ value }) => value) };
}

const YES_NO: ReadonlyMap<string, boolean> = new Map([
  ["y", true],
  ["yes", true],
  ["true", true],
  ["n", false],
  ["no", false],
  ["false", false],
]);

function kindOf(type: unknown, choices: readonly Choice[]): FormField["kind"] {
  if (type === "array") return "some-of";
  if (choices.length > 0) return "one-of";
  if (type === "boolean") return "yes-no";
  return type === "number" || type === "integer" ? "number" : "text";
}

/** As they are written in all revisions of the protocol. */
function choicesOf(schema: Schema): readonly Choice[] {
  const titled = [schema["oneOf"], schema["anyOf"]].find((one) => Array.isArray(one));
  if (titled) {
    return titled.map(objectOf).map((one) => ({
      value: one["const"],
      title: textOf(one["title"]) ?? String(one["const"]),
    }));
  }
  const { enum: values, enumNames: names } = schema as {
    readonly enum?: unknown;
    readonly enumNames?: unknown;
  };
  if (!Array.isArray(values)) return [];
  const titles = Array.isArray(names) ? names : [];
  return values.map((value, i) => ({ value, title: textOf(titles[i]) ?? String(value) }));
}

/** By its number, its value or its title. */
function chosen({ choices }: FormField, text: string): Choice | undefined {
  const byName = choices.find(({ value, title }) => String(value) === text || title === text);
  return byName ?? (/^\d+$/.test(text) ? choices[Number(text) - 1] : undefined);
}

function notAmong({ choices }: FormField): string {
  return `answer with numbers from 1 to ${choices.length}`;
}

function unclear(why: string): FieldAnswer {
  return { type: "unclear", why };
}

function objectOf(value: unknown): Schema {
  return typeof value === "object" && value !== null ? (value as Schema) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
