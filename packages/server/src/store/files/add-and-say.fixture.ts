import { readFileSync } from "node:fs";
import { systemClock } from "../../main/system-clock.ts";
import { systemRandom } from "../../main/system-random.ts";
import { firmware } from "../../ports/files.suite.ts";
import { openDiskFiles } from "./disk-files.ts";
import { openPostgresFiles } from "./postgres-files.ts";

/**
 * Adds file after file into the folder or the database it is told, and says of each when it was added; it runs until it is
 * killed.
 */
const [, , folder = "", port] = process.argv;
const ports = { clock: systemClock, random: systemRandom };
const files =
  port === undefined
    ? await openDiskFiles({ folder, ...ports })
    : await openPostgresFiles({
        address: { host: "127.0.0.1", port: Number(port), user: "heliograph", database: folder },
        ...ports,
      });
const content = readFileSync(import.meta.filename);

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 16; piece++) yield content;
}

for (;;) {
  const result = await files.add(firmware, pieces());
  if (result.type === "added") process.stdout.write(`${result.file.id} ${result.file.sha256}\n`);
}
