/** Parameters of a URL's query. */
export type Query = { readonly [name: string]: string };

/** `url` with the parameters of `queries` in its query. Where a name is there already the later one stands in its place. */
export function withQuery(url: string, ...queries: readonly (Query | undefined)[]): string {
  const parameters = queries.flatMap((query) => Object.entries(query ?? {}));
  if (parameters.length === 0) return url;
  const made = new URL(url);
  for (const [name, value] of parameters) made.searchParams.set(name, value);
  return made.href;
}

/** Where `path`, such as `/chat/completions`, is below a base URL. The base URL's query is kept. */
export function endpointOf(baseURL: string, path: string): string {
  const url = new URL(baseURL);
  url.pathname = url.pathname.replace(/\/$/, "") + path;
  return url.href;
}
