import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { listenOn, MOST_WAITING } from "./listening.ts";

const SOMAXCONN = "/proc/sys/net/core/somaxconn";
const skip = spawnSync("ss", ["-V"]).status === 0 ? false : "needs ss of iproute2 on PATH";

test("as many devices may wait to be taken as the system lets, up to 4,096", { skip }, async () => {
  await using server = createServer();
  const { port } = await listenOn(server, { host: "127.0.0.1", port: 0 });
  const { stdout } = spawnSync("ss", ["-Hltn", `sport = :${port}`], { encoding: "utf8" });
  // LISTEN, how many wait, how many may.
  const [, , most] = stdout.trim().split(/\s+/);
  assert.equal(Number(most), Math.min(MOST_WAITING, Number(readFileSync(SOMAXCONN, "utf8"))));
});
