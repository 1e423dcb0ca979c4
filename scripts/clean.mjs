// Removes dist/, so that a build never holds files whose sources are gone.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
