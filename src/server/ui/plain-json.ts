/** What a text is as JSON, if its value says all that the text says; else undefined. A number too long for a double stays a text. */
export function jsonOf(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isExact = typeof value === "object" || JSON.stringify(value) === text.trim();
    return isExact && isSafe(value) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/** The value as a client may be sent it. The AI SDK's parser gives up a whole stream for names that could reach a prototype: such a value goes as a text. */
export function sendable(value: unknown): unknown {
  return isSafe(value) ? value : JSON.stringify(value);
}

function isSafe(root: unknown): boolean {
  const left: unknown[] = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "__proto__") || reachesPrototype(value)) return false;
    for (const one of Object.values(value)) left.push(one);
  }
  return true;
}

function reachesPrototype(value: object): boolean {
  if (!Object.hasOwn(value, "constructor")) return false;
  const { constructor: given } = value as { readonly constructor: unknown };
  return typeof given === "object" && given !== null && Object.hasOwn(given, "prototype");
}
