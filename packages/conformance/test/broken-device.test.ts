import { testDevice, type Need, type Row, type Subprotocol } from "@heliograph/conformance";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { envelopeDevice } from "./peers/envelope-device.ts";
import { frameDevice } from "./peers/frame-device.ts";
import { SmallDevice } from "./peers/small-device.ts";
import { tokenDevice } from "./peers/token-device.ts";
import { failuresOf, rulesBroken, rulesBut, skippedOf } from "./rows.ts";

const VOICES = { "cwmp.json": tokenDevice, "cwmp.soap": envelopeDevice, "v12.stomp": frameDevice } as const;

/** What a device may break, with the one rule that the kit is to name. */
const BREACHES: Readonly<Record<Subprotocol, Readonly<Record<string, string>>>> = {
  "cwmp.json": {
    "insists on its header": "LIGHT-REFER-1",
    "makes up a token": "LIGHT-OPEN-3",
    "attaches with text for a number": "LIGHT-ATTACH-2",
    "reports before it attaches": "LIGHT-EVENT-1",
    "turns a number for an id into text": "LIGHT-TOKEN-2",
    "answers what has no id": "LIGHT-TOKEN-3",
    "takes null for an id": "LIGHT-TOKEN-4",
    "takes a batch": "LIGHT-TOKEN-1",
    "has another code for an RPC that it has not": "LIGHT-TOKEN-8",
    "has another code for a path that it has not": "LIGHT-FAULT-1",
    "does not say which parameter is at fault": "LIGHT-FAULT-1",
    "lists flat": "LIGHT-LIST-1",
    "writes numbers with a fraction": "LIGHT-LIST-3",
    "lists the object itself": "LIGHT-LIST-5",
    "sorts the values": "LIGHT-LIST-7",
    "shapes the values of partial paths": "LIGHT-LIST-8",
    "does not keep its answers": "LIGHT-LOSS-3",
    "answers no ping": "LIGHT-LIVE-1",
    "answers no sign of life": "LIGHT-LIVE-2",
    "waits for ever for an ACS that is silent": "LIGHT-LIVE-4",
    "comes back at once": "LIGHT-LIVE-5",
    "comes back with an old token": "LIGHT-ATTACH-3",
    "gives an id twice": "LIGHT-LOSS-1",
    "does not read the pause of 1001": "LIGHT-CLOSE-4",
    "opens with a token that was refused": "LIGHT-CLOSE-1",
    "comes back where it is not allowed": "LIGHT-CLOSE-2",
    "forgets the CommandKey of a Reboot": "LIGHT-LOSS-4",
  },
  "cwmp.soap": {
    "declares no namespace": "LIGHT-SOAP-1",
    "asks twice at once": "LIGHT-SOAP-3",
    "has another code for an RPC that it has not": "LIGHT-SOAP-7",
    "answers a sign of life": "LIGHT-SOAP-9",
    "lists the object itself": "LIGHT-LIST-5",
  },
  "v12.stomp": {
    "accepts version 1.1 alone": "STOMP-VERSION-1",
    "says no status": "STOMP-RPC-2",
    "does not read escapes": "STOMP-ESCAPE-3",
    "cuts a body at its first NUL": "STOMP-BODY-2",
    "keeps no heart-beats": "STOMP-BEAT-3",
    "lists flat": "LIGHT-LIST-1",
  },
};

/** What ends a connection takes its time; other breaches are looked for without it. */
const SLOW = [
  ...["LIGHT-LIVE-4", "LIGHT-LIVE-5", "LIGHT-ATTACH-3", "LIGHT-CLOSE-1", "LIGHT-CLOSE-2", "LIGHT-CLOSE-4"],
  ...["LIGHT-LOSS-1", "LIGHT-LOSS-4", "STOMP-BEAT-3"],
];

for (const subprotocol of ["cwmp.json", "cwmp.soap", "v12.stomp"] as const) {
  describe(`of a device in ${subprotocol}, which shares no code with the kit,`, () => {
    let sound: readonly Row[] = [];

    before(async () => {
      const rest = subprotocol === "cwmp.json" ? ["time", "destruction"] : ["destruction"];
      sound = await rowsOf(subprotocol, { allowed: new Set(rest.filter(isNeed)) });
    });

    test("nothing is found where it keeps the rules", () => {
      assert.deepEqual(failuresOf(sound), []);
      assert.ok(sound.length - skippedOf(sound).length > 10, skippedOf(sound).join("\n"));
    });

    for (const [breaks, rule] of Object.entries(BREACHES[subprotocol])) {
      test(`${rule} alone is found where it ${breaks}`, async () => {
        const rules = SLOW.includes(rule) ? [rule] : rulesBut(sound, [...SLOW, "LIGHT-TOKEN-1"], rule);
        const rows = await rowsOf(subprotocol, { breaks, rules, allowed: new Set(["time", "destruction"]) });
        assert.deepEqual(rulesBroken(rows), [rule], [...failuresOf(rows), ...skippedOf(rows)].join("\n"));
      });
    }
  });
}

test("a device of STOMP keeps its heart-beats [STOMP-BEAT-3]", async () => {
  const rows = await rowsOf("v12.stomp", { rules: ["STOMP-BEAT-3"], allowed: new Set(["time"]) });
  assert.deepEqual(
    rows.map(({ verdict }) => verdict),
    ["pass"],
  );
});

test("a device that returns no IDs is not at fault, and is told what it cannot do", async () => {
  const rows = await rowsOf("cwmp.soap", { breaks: "returns no ID", allowed: new Set() });
  assert.deepEqual(failuresOf(rows), []);
  assert.match(skippedOf(rows).join("\n"), /LIGHT-SOAP-2: the device returns no IDs, as it may/);
});

interface Asked {
  readonly breaks?: string;
  readonly rules?: readonly string[];
  readonly allowed: ReadonlySet<Need>;
}

async function rowsOf(subprotocol: Subprotocol, { breaks, ...options }: Asked): Promise<readonly Row[]> {
  const voice = VOICES[subprotocol];
  using devices = new DisposableStack();
  return await testDevice(
    {
      listen: { host: "127.0.0.1", port: 0 },
      subprotocol,
      patienceMs: 600,
      connectMs: 15_000,
      onListening: (acsUrl) => {
        devices.use(
          new SmallDevice({
            acsUrl,
            subprotocol,
            breaks,
            voice: (wire, reboot) => voice(wire, reboot, breaks),
          }),
        );
      },
    },
    options,
  );
}

function isNeed(word: string): word is Need {
  return word === "time" || word === "destruction";
}
