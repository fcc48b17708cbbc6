import { readFileSync } from "node:fs";
import { systemClock } from "../../main/system-clock.ts";
import { systemRandom } from "../../main/system-random.ts";
import { firmware } from "../../ports/files.suite.ts";
import { openDiskFiles } from "./disk-files.ts";

/** Adds file after file into the folder it is told, and says of each when it was added; it runs until it is killed. */
const files = await openDiskFiles({
  folder: process.argv[2] ?? "",
  clock: systemClock,
  random: systemRandom,
});
const content = readFileSync(import.meta.filename);

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 16; piece++) yield content;
}

for (;;) {
  const result = await files.add(firmware, pieces());
  if (result.type === "added") process.stdout.write(`${result.file.id} ${result.file.sha256}\n`);
}
