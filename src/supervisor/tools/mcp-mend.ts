/**
 * Makes a server's answer one that the client's package takes, whatever is odd in it: the package refuses a whole answer for one odd entry.
 * What cannot be mended is left out of its list, and named. Pure.
 */

type Fields = { readonly [name: string]: unknown };
type Mend = (result: Fields) => Fields;

/** Where an answer says what was left out of it. */
const LEFT_OUT = "heddle/left-out";
const MAX_SHOWN_NAME = 100;
const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;

/** The answer to a request of `method`, mended. What is for other methods is as it came. */
export function mendedResult(method: string, result: unknown): unknown {
  const mend = Object.hasOwn(MENDS, method) ? MENDS[method] : undefined;
  if (!mend || !isFields(result)) return result;
  const { resultType = "complete" } = result;
  // An answer that asks for something is no result yet.
  return resultType === "complete" ? { resultType, ...mend(result) } : result;
}

/** What of an answer was left out, and why, in words that follow the server's name. */
export function leftOutOf({ _meta: meta }: { readonly _meta?: unknown }): readonly string[] {
  const said = isFields(meta) ? meta[LEFT_OUT] : undefined;
  return Array.isArray(said) ? said : [];
}

const MENDS: { readonly [method: string]: Mend } = {
  "tools/list": list("tools", (tool) => mendedTool(tool)),
  "resources/list": list("resources", (one) => described(one, ["uri", "name"])),
  "resources/templates/list": list("resourceTemplates", (one) =>
    described(one, ["uriTemplate", "name"]),
  ),
  "prompts/list": list("prompts", (prompt) => mendedPrompt(prompt)),
  "tools/call": ({ content, structuredContent, isError }) => ({
    content: arrayOf(content).map(mendedBlock),
    ...(structuredContent === undefined || structuredContent === null
      ? {}
      : {
          structuredContent: isFields(structuredContent)
            ? structuredContent
            : { result: structuredContent },
        }),
    ...(isError === undefined ? {} : { isError: Boolean(isError) }),
  }),
  "resources/read": ({ contents }) => ({
    ...UNCACHED,
    contents: arrayOf(contents)
      .map(mendedContents)
      .filter((one) => one !== undefined),
  }),
  "prompts/get": ({ description, messages }) => ({
    ...texts({ description }, ["description"]),
    messages: arrayOf(messages)
      .filter(isFields)
      .map(({ role, content }) => ({
        role: role === "assistant" ? role : "user",
        content: mendedBlock(content),
      })),
  }),
};

/** Required by the newest revision, and of no use here: what a server has listed is kept until it says that it has changed. */
const UNCACHED = { ttlMs: 0, cacheScope: "private" };

/** One page. A cursor that is empty, or none, ends the list, whatever the specification says: servers mean that by it. */
function list(field: string, mend: (entry: unknown) => Fields | string): Mend {
  return (page) => {
    const entries = page[field];
    if (!Array.isArray(entries)) return page;
    const mended = entries.map(mend);
    const { nextCursor } = page;
    return {
      ...UNCACHED,
      ...(typeof nextCursor === "string" && nextCursor !== "" ? { nextCursor } : {}),
      [field]: mended.filter((one) => typeof one !== "string"),
      _meta: { [LEFT_OUT]: mended.filter((one) => typeof one === "string") },
    };
  };
}

/** Why a tool is left out, or what a model can be offered of it. */
function mendedTool(tool: unknown): Fields | string {
  if (!isFields(tool)) return "has listed a tool that is no object; it is left out";
  const { name, inputSchema, annotations, execution } = tool;
  if (typeof name !== "string") return "has listed a tool without a name; it is left out";
  const refused = (why: string): string => `has a tool ${shown(name)} that is left out: it ${why}`;
  if (isFields(execution) && execution["taskSupport"] === "required") {
    return refused("can only be called as a task, which Heddle does not do");
  }
  if (inputSchema === undefined) return refused("has no inputSchema");
  const schema = mendedSchema(inputSchema);
  if (!schema) return refused("has an inputSchema that is no JSON Schema of an object");
  const hints = isFields(annotations) ? annotations : {};
  const known = HINTS.filter((hint) => typeof hints[hint] === "boolean");
  return {
    name,
    ...texts(tool, ["title", "description"]),
    inputSchema: schema,
    annotations: Object.fromEntries(known.map((hint) => [hint, hints[hint]])),
  };
}

/** Arguments are an object: a schema that says nothing of its type can only mean that. Some languages write an empty list as null. */
function mendedSchema(schema: unknown): Fields | undefined {
  if (!isFields(schema)) return undefined;
  // Some models' servers refuse what names the dialect.
  const { type = "object", properties, required, $schema: _, ...rest } = schema;
  if (type !== "object" && !(Array.isArray(type) && type.includes("object"))) return undefined;
  if (properties !== undefined && properties !== null && !isFields(properties)) return undefined;
  if (Object.values(properties ?? {}).some((one) => typeof one !== "boolean" && !isFields(one))) {
    return undefined;
  }
  const names = Array.isArray(required) && required.every((one) => typeof one === "string");
  return {
    type: "object",
    ...(isFields(properties) ? { properties } : {}),
    ...(names ? { required } : {}),
    ...rest,
  };
}

function mendedPrompt(prompt: unknown): Fields | string {
  const mended = described(prompt, ["name"]);
  if (typeof mended === "string" || !isFields(prompt)) return mended;
  const known = arrayOf(prompt["arguments"]).filter(isFields);
  const args = known.filter(({ name }) => typeof name === "string");
  return {
    ...mended,
    arguments: args.map((one) => ({
      ...texts(one, ["name", "description"]),
      required: one["required"] === true,
    })),
  };
}

function described(entry: unknown, needed: readonly string[]): Fields | string {
  const fields = isFields(entry) ? entry : {};
  const missing = needed.find((name) => typeof fields[name] !== "string");
  if (missing !== undefined) return `has listed something without ${missing}; it is left out`;
  const { size } = fields;
  return {
    ...texts(fields, [...needed, "title", "description", "mimeType"]),
    ...(typeof size === "number" ? { size } : {}),
  };
}

/** A piece of content, of a kind that is known. What is not becomes a text that says so. */
function mendedBlock(block: unknown): Fields {
  const fields = isFields(block) ? block : {};
  const { type } = fields;
  switch (type) {
    case "text":
      if (typeof fields["text"] === "string") return { type, text: fields["text"] };
      break;
    case "image":
    case "audio":
      if (isBase64(fields["data"]) && typeof fields["mimeType"] === "string") {
        return { type, data: fields["data"], mimeType: fields["mimeType"] };
      }
      break;
    case "resource_link": {
      const { uri, name = uri } = fields;
      const link = described({ ...fields, name }, ["uri", "name"]);
      if (typeof link !== "string") return { type, ...link };
      break;
    }
    case "resource": {
      const resource = mendedContents(fields["resource"]);
      if (resource) return { type, resource };
      break;
    }
    default:
      return unread(`content of a kind that is not known here: ${shown(String(type))}`, fields);
  }
  return unread(`${type} that cannot be read`, fields);
}

function unread(what: string, { text }: Fields): Fields {
  const said = typeof text === "string" ? `\n${text}` : "";
  return { type: "text", text: `[${what}]${said}` };
}

function mendedContents(contents: unknown): Fields | undefined {
  if (!isFields(contents)) return undefined;
  const { uri = "", text, blob } = contents;
  const head = { ...texts(contents, ["mimeType"]), uri: String(uri) };
  if (typeof text === "string") return { ...head, text };
  return isBase64(blob) ? { ...head, blob } : undefined;
}

function texts(fields: Fields, names: readonly string[]): Fields {
  const known = names.filter((name) => typeof fields[name] === "string");
  return Object.fromEntries(known.map((name) => [name, fields[name]]));
}

function isBase64(data: unknown): data is string {
  if (typeof data !== "string") return false;
  try {
    atob(data);
    return true;
  } catch {
    return false;
  }
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, MAX_SHOWN_NAME));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
