import type { ProblemReason } from "@heliograph/api";
import { freePort } from "@heliograph/testkit";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runAgainst } from "./northbound-run.fixture.ts";
import { recordedTerminal } from "./recorded-terminal.fixture.ts";
import { run } from "./run.ts";

test("nothing at all is wrong usage, and shows the commands", async () => {
  const terminal = recordedTerminal();
  assert.equal(await run([], terminal), 2);
  assert.match(terminal.errors(), /^heliograph: an ACS/);
  assert.equal(terminal.output(), "");
});

test("--version tells the version of the package", async () => {
  const terminal = recordedTerminal();
  assert.equal(await run(["--version"], terminal), 0);
  assert.match(terminal.output(), /^\d+\.\d+\.\d+$/);
});

const wrong: readonly (readonly [line: string, says: RegExp])[] = [
  ["device", /there is no command "device"; did you mean devices\?/],
  ["--json devices", /flags stand behind the command/],
  ["get", /<device> is missing\nUsage: heliograph get <device> \[path…\] \[flags\]/],
  ["devices --colour", /heliograph devices has no flag --colour/],
  ["help nothing", /there is no command "nothing"/],
];
for (const [line, says] of wrong) {
  test(`"heliograph ${line}" is wrong usage`, async () => {
    const terminal = recordedTerminal();
    assert.equal(await run(line.split(" "), terminal), 2);
    assert.match(terminal.errors(), says);
    assert.equal(terminal.output(), "");
  });
}

test("an ACS that is not there is said with its address, and ends with 3", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const terminal = recordedTerminal({ environment: { HELIOGRAPH_URL: url, HELIOGRAPH_TOKEN: "t" } });
  assert.equal(await run(["devices"], terminal), 3);
  assert.match(terminal.errors(), /the ACS cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+/);
  assert.match(terminal.errors(), /heliograph serve/);
});

test("a token that is not valid ends with 4", async () => {
  const { exitCode, terminal } = await runAgainst({}, ["devices"], {
    environment: { HELIOGRAPH_TOKEN: "x" },
  });
  assert.equal(exitCode, 4);
  assert.match(terminal.errors(), /the ACS refused \(401, No valid token\)/);
});

const refusals: readonly (readonly [reason: ProblemReason, exitCode: number])[] = [
  ["invalid-request", 2],
  ["store-full", 2],
  ["foreign-origin", 4],
  ["internal", 3],
  ["closing", 3],
];
for (const [reason, exitCode] of refusals) {
  test(`the refusal ${reason} ends with ${exitCode} and says what the ACS said`, async () => {
    const script = { listDevices: () => ({ refuses: reason, detail: "because so" }) };
    const ran = await runAgainst(script, ["devices"]);
    assert.equal(ran.exitCode, exitCode);
    assert.match(ran.terminal.errors(), /because so/);
  });
}
