import { SECRET_VARIABLES } from "./known-providers.ts";

/** Returns `text` without the secrets. */
export type Redact = (text: string) => string;

const SHORTEST_SECRET = 6;

/**
 * The last guard before anything is written: takes out keys that came back in an answer or an error message of a server.
 *
 * Shorter words than six characters are left alone, as they would be found in ordinary text.
 */
export function redactor(secrets: readonly (string | undefined)[]): Redact {
  const forms = secrets
    .map((secret) => secret?.trim() ?? "")
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .filter((form) => form.length >= SHORTEST_SECRET);
  return (text) => forms.reduce((clean, form) => clean.replaceAll(form, "[redacted]"), text);
}

/** The secrets that the environment and a base URL hold. */
export function secretsOf(
  env: { readonly [name: string]: string | undefined },
  baseURL: string | undefined,
): (string | undefined)[] {
  const url = URL.parse(baseURL ?? "");
  const keys = SECRET_VARIABLES.map((name) => env[name]);
  return [...keys, url?.password, ...(url?.searchParams.values() ?? [])];
}

/** A URL as it may be shown: without credentials and query. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? text : `${url.origin}${url.pathname}`;
}
