import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Said {
  /** What stands after the prompt. */
  readonly command: string;
  /** What the README shows of the answer. */
  readonly answer: readonly string[];
}

/** The console blocks of the README, one entry for each prompt. */
function conversation(): readonly Said[] {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const blocks = Array.from(readme.matchAll(/^```console\n(.*?)^```$/gms), ([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((said) => {
      const [command = "", ...answer] = said.trimEnd().split("\n");
      return { command, answer };
    });
}

/** Times, ids and widths of columns differ from run to run. */
function plain(line: string): string {
  return line
    .replace(/\b(?:\d+ (?:s|min) ago|now)\b/g, "AGO")
    .replace(/, \d+ (?:s|min)\)/, ", AGO)")
    .replace(/\b\d\d:\d\d:\d\d\b/g, "TIME")
    .replace(/\b[0-9a-f]{16,}\b/g, "ID")
    .replace(/:\d{5}\b/g, ":PORT")
    .replace(/^#\d+/, "#N")
    .replace(/ +/g, " ")
    .trim();
}

function start(directory: TempDir, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, HELIOGRAPH_DATA: directory.path, TMPDIR: directory.path, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Resolves with everything said so far once a line says `what`. */
async function until(child: ChildProcess, what: RegExp): Promise<string> {
  assert.ok(child.stdout !== null);
  let said = "";
  for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (what.test(said)) return said;
  }
  assert.fail(`it ended without a line that says ${String(what)}:\n${said}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
}

test("the conversation of the README goes as the README shows it", async (t) => {
  using directory = tempDir();
  const [southbound, northbound] = [await freePort(), await freePort()];
  const command = "packages/cli/bin/heliograph.js";
  const listeners = ["--southbound", `127.0.0.1:${southbound}`, "--northbound", `127.0.0.1:${northbound}`];
  const server = start(directory, [command, "serve", ...listeners]);
  t.after(() => stop(server));
  await until(server, /Try next/);
  const device = start(directory, ["examples/light-device.ts", `http://127.0.0.1:${southbound}/`]);
  t.after(() => stop(device));
  await until(device, /serves SetParameterValues/);
  for (const { command: line, answer } of conversation()) {
    const [npx, heliograph, ...args] = line.split(" ");
    assert.deepEqual([npx, heliograph], ["npx", "heliograph"]);
    const child = start(directory, [command, ...args]);
    const said =
      args[0] === "watch" ? await until(child, /m-reboot.*\n(?:.*\n)*.*connected/) : await whole(child);
    await stop(child);
    const given = said.split("\n").map(plain);
    for (const shown of answer) {
      assert.ok(given.includes(plain(shown)), `${line} was to say\n${shown}\nand said\n${said}`);
    }
  }
});

async function whole(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout !== null);
  const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.equal(child.exitCode, 0, said);
  return said;
}
