import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { tempDir, VirtualClock } from "@heliograph/testkit";
import { systemRandom } from "../../main/system-random.ts";
import { read } from "../../ports/files.suite.ts";
import { openDiskFiles } from "./disk-files.ts";

const ENOUGH = 5;

test("a file that was added survives kill -9 whole, and of one that was not nothing is left", async () => {
  using directory = tempDir();
  const folder = directory.file("files");
  const said = await saidUntilKilled(folder);
  assert.ok(said.size >= ENOUGH);
  const files = await openDiskFiles({ folder, clock: new VirtualClock(), random: systemRandom });
  const kept = new Map((await files.files()).map(({ id, sha256 }) => [String(id), sha256]));
  for (const [id, sha256] of said) assert.equal(kept.get(id), sha256);
  // The last one may have been added without that it could say so.
  assert.ok(kept.size - said.size <= 1);
  for (const { id, sha256 } of await files.files()) {
    assert.equal(
      createHash("sha256")
        .update(await read(files, id))
        .digest("hex"),
      sha256,
    );
  }
  assert.deepEqual(readdirSync(join(folder, "drafts")), []);
});

/** Starts a process that adds files without end, kills it in the middle, and gives what it said it had added. */
async function saidUntilKilled(folder: string): Promise<ReadonlyMap<string, string>> {
  const said = new Map<string, string>();
  const fixture = join(import.meta.dirname, "add-and-say.fixture.ts");
  const adding = spawn(process.execPath, [fixture, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(adding, "exit");
  for await (const line of createInterface({ input: adding.stdout })) {
    const [id = "", sha256 = ""] = line.split(" ");
    said.set(id, sha256);
    if (said.size === ENOUGH) adding.kill("SIGKILL");
  }
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  return said;
}
