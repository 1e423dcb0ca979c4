const ENTITIES: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** A tag for templates: what is put in is text, whatever it holds. */
export function html(parts: TemplateStringsArray, ...texts: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...texts.map((text) => asText(String(text))));
}

function asText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
