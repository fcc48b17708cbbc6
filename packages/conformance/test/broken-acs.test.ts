import { testAcs, type Row, type Subprotocol } from "@heliograph/conformance";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { envelopeVoice } from "./peers/envelope-acs.ts";
import { frameVoice } from "./peers/frame-acs.ts";
import { SmallAcs } from "./peers/small-acs.ts";
import { tokenVoice } from "./peers/token-acs.ts";
import { failuresOf, rulesBroken, rulesBut, skippedOf } from "./rows.ts";

const VOICES = { "cwmp.json": tokenVoice, "cwmp.soap": envelopeVoice, "v12.stomp": frameVoice } as const;

/** What an ACS may break, with the one rule that the kit is to name. */
const BREACHES: Readonly<Record<Subprotocol, Readonly<Record<string, string>>>> = {
  "cwmp.json": {
    "turns a number for an id into text": "LIGHT-TOKEN-2",
    "answers what has no id": "LIGHT-TOKEN-3",
    "takes null for an id": "LIGHT-TOKEN-4",
    "closes without a code": "LIGHT-TOKEN-1",
    "takes a batch": "LIGHT-TOKEN-1",
    "leaves out the id of what it cannot read": "LIGHT-TOKEN-1",
    "has another code for what it does not know": "LIGHT-TOKEN-8",
    "refuses a second Attach": "LIGHT-ATTACH-3",
    "gives an old token": "LIGHT-ATTACH-2",
    "calls before the device says anything": "LIGHT-ATTACH-1",
    "gives an id twice": "LIGHT-LOSS-1",
    "sets a flat list": "LIGHT-LIST-1",
    "answers a sign of life": "LIGHT-LIVE-3",
    "keeps the older socket": "LIGHT-OPEN-10",
    "lets anybody in": "LIGHT-OPEN-4",
    "refers without ExpiresIn": "LIGHT-REFER-3",
    "does not ping": "LIGHT-LIVE-1",
    "keeps a dead connection": "LIGHT-LIVE-1",
  },
  "cwmp.soap": {
    "returns no ID": "LIGHT-SOAP-4",
    "declares no namespace": "LIGHT-SOAP-1",
    "calls twice at once": "LIGHT-SOAP-3",
    "serves a request out of turn": "LIGHT-SOAP-3",
    "gives an old token": "LIGHT-SOAP-5",
    "has another code for what it does not know": "LIGHT-SOAP-7",
    "closes without a code": "LIGHT-SOAP-8",
    "understands HoldRequests as a refusal": "LIGHT-SOAP-9",
  },
  "v12.stomp": {
    "gives no receipts": "STOMP-RECEIPT-1",
    "does not read escapes": "STOMP-ESCAPE-3",
    "cuts a body at its first NUL": "STOMP-BODY-2",
    "does not close after ERROR": "STOMP-ERROR-1",
    "leaves out the subscription": "STOMP-SUBSCRIBE-7",
    "says no status": "STOMP-RPC-3",
    "forgets what it is to do at COMMIT": "STOMP-TX-2",
    "does what was aborted": "STOMP-TX-3",
    "keeps no heart-beats": "STOMP-BEAT-3",
    "keeps a dead connection": "STOMP-BEAT-4",
  },
};

/** These take their time; other breaches are looked for without them. */
const SLOW = [
  ...["LIGHT-ATTACH-1", "LIGHT-SOAP-3", "LIGHT-LIVE-1", "LIGHT-LIVE-2"],
  ...["STOMP-BEAT-3", "STOMP-BEAT-4"],
];

for (const subprotocol of ["cwmp.json", "cwmp.soap", "v12.stomp"] as const) {
  describe(`of an ACS in ${subprotocol}, which shares no code with the kit,`, () => {
    let sound: readonly Row[] = [];

    before(async () => {
      sound = await rowsOf(subprotocol, {});
    });

    test("nothing is found where it keeps the rules", () => {
      assert.deepEqual(failuresOf(sound), []);
      assert.ok(sound.length - skippedOf(sound).length > 30, skippedOf(sound).join("\n"));
    });

    for (const [breaks, rule] of Object.entries(BREACHES[subprotocol])) {
      test(`${rule} alone is found where it ${breaks}`, async () => {
        const rows = await rowsOf(subprotocol, { breaks, rules: rulesBut(sound, SLOW, rule) });
        assert.deepEqual(rulesBroken(rows), [rule], failuresOf(rows).join("\n"));
      });
    }
  });
}

test("a device with a password logs in by Digest, and a wrong password is refused no matter what [LIGHT-REFER-7]", async () => {
  const login = { user: "kit", password: "secret" };
  await using acs = await SmallAcs.open({
    subprotocol: "cwmp.json",
    voice: (line) => tokenVoice(line, undefined),
    login,
  });
  const rules = ["LIGHT-REFER", "LIGHT-OPEN-1", "LIGHT-ATTACH-2"];
  const options = { allowed: new Set<never>(), rules };
  const welcome = await testAcs({ ...targetOf(acs, "cwmp.json"), login }, options);
  assert.deepEqual(failuresOf(welcome), []);
  assert.ok(welcome.some(({ rule, verdict }) => rule === "LIGHT-REFER-7" && verdict === "pass"));
  assert.ok(acs.turnedAway > 0);
  const stranger = await testAcs(targetOf(acs, "cwmp.json"), { ...options, rules: ["LIGHT-ATTACH-2"] });
  assert.match(failuresOf(stranger).join(), /a reference in the answer to the Inform expected, HTTP 401/);
});

async function rowsOf(
  subprotocol: Subprotocol,
  { breaks, rules }: { readonly breaks?: string; readonly rules?: readonly string[] },
): Promise<readonly Row[]> {
  const voice = VOICES[subprotocol];
  await using acs = await SmallAcs.open({ subprotocol, breaks, voice: (line) => voice(line, breaks) });
  const options = { allowed: new Set(["time"] as const), ...(rules === undefined ? {} : { rules }) };
  return await testAcs(targetOf(acs, subprotocol), options);
}

function targetOf({ url }: SmallAcs, subprotocol: Subprotocol) {
  const device = { oui: "5A5A5A", productClass: "Kit", serialNumber: "1" };
  return { url, subprotocol, device, trust: {}, patienceMs: 600 };
}
