import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./pino-log.fixture.ts", import.meta.url));
/** More than a pipe holds. */
const MANY = 5_000;

/** A process that has written so many lines to its log. */
async function logging(lines: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, String(lines)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  await once(child, "message");
  return child;
}

/** Its exit code. */
async function ended(child: ChildProcess): Promise<unknown> {
  const exit = once(child, "exit");
  child.send("end");
  return (await exit).at(0);
}

test("what is logged is written before the process ends", { timeout: 20_000 }, async () => {
  const child = await logging(3);
  let written = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (written += text));
  assert.equal(await ended(child), 0);
  const said = [...written.matchAll(/"msg":"([^"]*)"/g)].map(([, message]) => message);
  assert.deepEqual(said, ["a line", "a line", "a line", "the last line"]);
});

test("a process whose log nobody reads any more ends all the same", { timeout: 20_000 }, async () => {
  const child = await logging(0);
  child.stderr?.destroy();
  assert.equal(await ended(child), 0);
});

test(
  "a process whose log is read by somebody who takes nothing ends all the same",
  { timeout: 20_000 },
  async () => {
    const child = await logging(MANY);
    child.stderr?.pause();
    assert.equal(await ended(child), 0);
  },
);
