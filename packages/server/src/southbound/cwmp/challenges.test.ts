import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, VirtualClock } from "@heliograph/testkit";
import { memoryBus } from "../../bus/memory.ts";
import { gatewayId } from "../../ports/index.ts";
import type { Peer } from "../peer.ts";
import { Challenges } from "./challenges.ts";
import type { CwmpSettings } from "./cwmp-settings.ts";

const outside: Peer = { address: "192.0.2.7", local: false, direct: true, secure: false };
const closed: CwmpSettings = { openEnrolment: "none", behindProxy: false, insecure: false };

const asked: readonly (readonly [
  who: string,
  peer: Partial<Peer>,
  settings: Partial<CwmpSettings>,
  basic: boolean,
])[] = [
  ["anybody without TLS", {}, {}, false],
  ["who comes by TLS", { secure: true }, {}, true],
  ["who comes from this machine", { local: true }, {}, true],
  ["anybody where the settings say insecure", {}, { insecure: true }, true],
  ["who comes by a proxy that we trust", { direct: false }, { behindProxy: true }, true],
  ["who comes by a proxy that nobody knows", { direct: false }, {}, false],
];
for (const [who, peer, settings, basic] of asked) {
  test(`${who} is ${basic ? "" : "not "}asked for a password in the clear`, (t) => {
    const clock = new VirtualClock();
    const bus = memoryBus({ clock, onError: () => undefined });
    const ports = { clock, bus, random: seededRandom((line) => t.diagnostic(line)) };
    const challenges = new Challenges(ports, { ...closed, ...settings }, gatewayId("0a1b2c3d"));
    const header = challenges.reply({ ...outside, ...peer }).headers["WWW-Authenticate"];
    const schemes = [header].flat().map((challenge) => challenge?.split(" ")[0]);
    assert.deepEqual(schemes, ["Digest", "Digest", ...(basic ? ["Basic"] : [])]);
    assert.equal(challenges.isBasicAllowed({ ...outside, ...peer }), basic);
  });
}
