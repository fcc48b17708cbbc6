import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readCapture, Replay } from "@heliograph/testkit";
import { captures, deviceOf, enrol, queue } from "./captured-device.ts";
import { runAcs } from "./running-acs.ts";

/** Why a message of a capture is in no session that is replayed to its end. */
type Reason =
  "a challenge, which the replay meets by itself" | "a connection request" | "its session breaks off";

const CHALLENGE: Reason = "a challenge, which the replay meets by itself";
const CONNECTION_REQUEST: Reason = "a connection request";
/** Files 13 to 99 of the capture are not among the data. */
const BROKEN: Reason = "its session breaks off";

const left: Readonly<Record<string, Readonly<Record<string, Reason>>>> = {
  easycwmp: {
    ...named(1, 12, BROKEN),
    ...named(100, 108, BROKEN),
    "109.txt": CONNECTION_REQUEST,
  },
  "easycwmp-chunked": {},
  "easycwmp-nocookie": {},
  "easycwmp-digest": { "01.txt": CHALLENGE, "20.txt": CHALLENGE },
  "netcwmp-nodecl": { "18.txt": CONNECTION_REQUEST, "19.txt": CONNECTION_REQUEST },
  "genieacs-sim": { "14.txt": CONNECTION_REQUEST },
  "cwmp-sim": { "01.txt": CHALLENGE, "20.txt": CONNECTION_REQUEST, "21.txt": CONNECTION_REQUEST },
};

test("every capture among the data is one of those that are replayed", (t) => {
  const folder = capturesFolder(t);
  if (folder === undefined) return;
  const replayed = captures.map(({ client }) => client);
  assert.deepEqual(readdirSync(folder).toSorted(), replayed.toSorted());
  assert.deepEqual(Object.keys(left).toSorted(), replayed.toSorted());
});

for (const { client } of captures) {
  test(`every message of ${client} is in a session that is replayed to its end, or is named with its reason`, (t) => {
    const folder = capturesFolder(t);
    if (folder === undefined) return;
    const capture = join(folder, client);
    const whole = readCapture(capture).filter(({ isWhole }) => isWhole);
    const replayed = new Set(whole.flatMap(({ exchanges }) => exchanges.map(({ name }) => name)));
    const others = readdirSync(capture).filter((name) => /^\d+\.txt$/.test(name) && !replayed.has(name));
    const reasons = others.map((name) => [name, reasonIn(readFileSync(join(capture, name), "latin1"))]);
    assert.deepEqual(Object.fromEntries(reasons), left[client]);
  });
}

test("a session of easycwmp that breaks off is told the same as it was captured as far as it goes", async (t) => {
  const folder = capturesFolder(t);
  if (folder === undefined) return;
  const [broken] = readCapture(join(folder, "easycwmp")).filter(({ isWhole }) => !isWhole);
  assert.ok(broken !== undefined);
  await using acs = await runAcs();
  using replay = new Replay({ acsUrl: acs.url });
  const key = deviceOf(broken);
  await enrol(acs.store, key);
  await queue(acs.client, key, broken);
  assert.equal((await replay.session(broken)).length, broken.exchanges.length);
});

function reasonIn(text: string): Reason {
  if (text.startsWith("# connection CR")) return CONNECTION_REQUEST;
  return /^# <<<< server to client\nHTTP\/1\.1 401 /m.test(text) ? CHALLENGE : BROKEN;
}

function named(from: number, to: number, reason: Reason): Readonly<Record<string, Reason>> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return Object.fromEntries(numbers.map((number) => [`${String(number).padStart(2, "0")}.txt`, reason]));
}

/** Undefined, after skipping the test aloud, where there is no data. */
function capturesFolder(t: TestContext): string | undefined {
  const data = process.env["HELIOGRAPH_TEST_DATA"];
  if (data !== undefined && data !== "") return join(data, "captures");
  t.skip("HELIOGRAPH_TEST_DATA names no folder of captured sessions");
  return undefined;
}
