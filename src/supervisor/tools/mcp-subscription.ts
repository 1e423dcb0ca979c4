import type { McpLink } from "./mcp-link.ts";

/** How long a server may take to say that it will tell of changes. */
const LISTEN_MS = 5_000;

/**
 * Whether a server's list of tools has changed, over all lives of a connection. Servers of the newest revision say so only to those who
 * have asked for it, on a stream that may end; the others say so by themselves.
 */
export class McpSubscription {
  readonly #onChange: () => void;
  /** The present life; undefined: there is none. */
  link: McpLink | undefined;
  /** Whether the server has been asked, in this life, and the stream has not ended. */
  #state: "silent" | "listening" | "refused" = "silent";

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  follow(link: McpLink | undefined): void {
    this.link = link;
    this.#state = "silent";
    link?.client.setNotificationHandler("notifications/tools/list_changed", () => {
      if (this.link === link) this.#onChange();
    });
  }

  /** Resolves when the server tells of changes from now on, or will not. A list that is asked for after that misses none. */
  async listen(): Promise<void> {
    const { link } = this;
    if (!link || this.#state !== "silent") return;
    const { client } = link;
    if (client.getProtocolEra() !== "modern") return;
    if (!client.getServerCapabilities()?.tools?.listChanged) return;
    try {
      this.#state = "listening";
      const { closed } = await client.listen({ toolsListChanged: true }, { timeout: LISTEN_MS });
      void closed.then(() => this.#ended(link));
    } catch {
      if (this.link === link) this.#state = "refused";
    }
  }

  /** What has changed since nobody can tell: the list is asked for again when it is needed, and the stream with it. */
  #ended(link: McpLink): void {
    if (this.link !== link) return;
    this.#state = "silent";
    this.#onChange();
  }
}
