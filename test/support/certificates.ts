import { generate } from "selfsigned";

/** A certificate and its key, in PEM. */
export type Certificate = { readonly cert: string; readonly key: string };

type Wishes = {
  /** When it ends. @defaultValue in a day */
  readonly notAfterDate?: Date;
  readonly notBeforeDate?: Date;
};

const DAY_MS = 86_400_000;

/** A certificate authority of the test's own. */
export class TestAuthority {
  readonly cert: string;
  readonly #key: string;

  private constructor({ cert, key }: Certificate) {
    this.cert = cert;
    this.#key = key;
  }

  static async create(name = "Test CA"): Promise<TestAuthority> {
    const made = await generate([{ name: "commonName", value: name }], {
      keyType: "ec",
      algorithm: "sha256",
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      ],
      ...timesOf({}),
    });
    return new TestAuthority({ cert: made.cert, key: made.private });
  }

  /** For a server or a client, by names or by the address 127.0.0.1. */
  async issue(names: readonly string[], wishes: Wishes = {}): Promise<Certificate> {
    const [commonName = ""] = names;
    const made = await generate([{ name: "commonName", value: commonName }], {
      keyType: "ec",
      algorithm: "sha256",
      ca: { cert: this.cert, key: this.#key },
      extensions: [
        {
          name: "subjectAltName",
          altNames: names.map((value) =>
            /^[\d.]+$/.test(value) ? { type: 7, ip: value } : { type: 2, value },
          ),
        },
      ],
      ...timesOf(wishes),
    });
    return { cert: made.cert, key: made.private };
  }
}

/** A certificate that nobody but itself has signed. */
export async function selfSigned(name: string): Promise<Certificate> {
  const made = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    ...timesOf({}),
  });
  return { cert: made.cert, key: made.private };
}

function timesOf({ notAfterDate, notBeforeDate }: Wishes) {
  const nowMs = Date.now();
  return {
    notBeforeDate: notBeforeDate ?? new Date(nowMs - 2 * DAY_MS),
    notAfterDate: notAfterDate ?? new Date(nowMs + DAY_MS),
  };
}
